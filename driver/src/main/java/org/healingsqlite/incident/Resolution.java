package org.healingsqlite.incident;

import java.time.Instant;
import java.util.Optional;
import org.healingsqlite.log.Printable;

/**
 * That nobody has to look any more.
 *
 * @param at since when
 * @param note why
 * @param byItself whether nobody had to do anything
 */
public record Resolution(Instant at, String note, boolean byItself) {
    public Resolution {
        note = Printable.of(note);
    }

    /** Of what needs nobody: a heal after which every row is there, and what was let be. A retry that succeeded stays for somebody to see what is slow. */
    static Optional<Resolution> ofItself(Incident incident) {
        Outcome outcome = incident.outcome();
        boolean whole = outcome instanceof Outcome.Healed && outcome.loss().isNone();
        if (!whole && incident.severity() != Severity.LOW) {
            return Optional.empty();
        }
        return Optional.of(new Resolution(
                incident.startedAt().plus(incident.elapsed()),
                whole ? "healed, every row is there" : "nothing had to be done",
                true));
    }
}
