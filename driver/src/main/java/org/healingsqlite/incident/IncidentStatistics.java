package org.healingsqlite.incident;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Counts over all incidents on record. Every occurrence counts, also where several are on record as one.
 *
 * @param counts by severity, unresolved, recent
 * @param byComponent how many of each component that has any
 * @param healed how many ended with the database repaired
 * @param healedWhole how many of them without losing a row, proven
 * @param resolvedByThemselves how many nobody had to resolve
 */
public record IncidentStatistics(
        IncidentCounts counts,
        Map<String, Long> byComponent,
        long healed,
        long healedWhole,
        long resolvedByThemselves) {

    /** Where nothing is on record. */
    static final IncidentStatistics NONE = new IncidentStatistics(IncidentCounts.NONE, Map.of(), 0, 0, 0);

    public IncidentStatistics {
        byComponent = Map.copyOf(byComponent);
    }

    /** Which component has the most, of several the first by name; empty where nothing is on record. */
    public Optional<String> mostFrequentComponent() {
        return new TreeMap<>(byComponent)
                .entrySet().stream()
                        .reduce((most, next) -> next.getValue() > most.getValue() ? next : most)
                        .map(Map.Entry::getKey);
    }

    /** The share of incidents that are resolved, from 0 to 1; empty where nothing is on record. */
    public OptionalDouble resolutionRate() {
        return share(counts.total() - counts.unresolved());
    }

    /** The share of incidents that were resolved without a person, from 0 to 1; empty where nothing is on record. */
    public OptionalDouble withoutAPerson() {
        return share(resolvedByThemselves);
    }

    private OptionalDouble share(long part) {
        long total = counts.total();
        return total == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) part / total);
    }

    /** Both together. */
    IncidentStatistics plus(IncidentStatistics other) {
        Map<String, Long> components = new TreeMap<>(byComponent);
        other.byComponent.forEach((name, number) -> components.merge(name, number, Long::sum));
        return new IncidentStatistics(
                counts.plus(other.counts),
                components,
                healed + other.healed,
                healedWhole + other.healedWhole,
                resolvedByThemselves + other.resolvedByThemselves);
    }
}
