package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What records of one kind have: a name, or words before it, and values. Immutable. */
final class Field {
    private static final double NEARLY_ALL = 0.9;
    private static final Set<String> TRUTHS = Set.of("yes", "no", "true", "false", "y", "n", "on", "off");
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?");

    private final String name;
    private final List<String> before;
    private final List<@Nullable String> values;
    private final boolean prose;
    private final boolean times;
    private final boolean numbers;
    private final boolean truths;
    private final boolean distinct;
    private final Set<String> timeForms;

    /**
     * A field.
     *
     * @param name empty where the files name none
     * @param before words that stand before it
     * @param values of each record, null where it has none
     * @param prose whether it is text of many lines
     */
    Field(String name, List<String> before, List<@Nullable String> values, boolean prose) {
        this.name = name;
        this.before = List.copyOf(before);
        this.values = new ArrayList<>(values);
        this.prose = prose;
        Set<String> forms = new LinkedHashSet<>();
        Set<String> different = new HashSet<>();
        int all = 0;
        int timed = 0;
        int numeric = 0;
        int yesOrNo = 0;
        for (String value : values) {
            if (value == null || value.isBlank()) {
                continue;
            }
            all++;
            different.add(value);
            Optional<TimeForm> form = prose ? Optional.empty() : TimeForm.of(value);
            form.map(TimeForm::pattern).ifPresent(forms::add);
            timed += form.isPresent() ? 1 : 0;
            numeric += NUMBER.matcher(value.strip()).matches() ? 1 : 0;
            yesOrNo += TRUTHS.contains(value.toLowerCase(Locale.ROOT)) ? 1 : 0;
        }
        times = all > 0 && timed >= all * NEARLY_ALL;
        numbers = all > 0 && numeric >= all * NEARLY_ALL;
        truths = all > 0 && yesOrNo >= all * NEARLY_ALL;
        distinct = all > 2 && different.size() == values.size();
        timeForms = forms;
    }

    String name() {
        return name;
    }

    List<String> before() {
        return before;
    }

    List<@Nullable String> values() {
        return values;
    }

    boolean prose() {
        return prose;
    }

    /** The values that say something. */
    Stream<String> present() {
        return values.stream().filter(Objects::nonNull).filter(value -> !value.isBlank());
    }

    boolean times() {
        return times;
    }

    boolean numbers() {
        return numbers;
    }

    boolean truths() {
        return truths;
    }

    /** The forms of its times, in the order in which they were met. */
    Set<String> timeForms() {
        return timeForms;
    }

    /** Whether no two records have the same. */
    boolean distinct() {
        return distinct;
    }
}
