package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Workshop;

/** What another process has left behind that died while it healed. Stateless. */
final class LeftHeal {
    private static final Log LOG = Log.of(LeftHeal.class);

    /** Writing an incident takes milliseconds; where the disk is that slow, the journal goes before the incident is on record. */
    private static final Duration LOG_FLUSH = Duration.ofSeconds(5);

    private LeftHeal() {}

    /** Ends a heal whose process died: tells the incident if the content came to be in place, and removes what lies about. */
    static void finish(DamageParts parts, HealingSettings settings, HealJournal left) throws SQLException, IOException {
        parts.schema().recall(left.schema());
        Diagnosis diagnosis = DamageCheck.of(parts.file(), DamageCheck.Depth.FULL, null, settings.waitLimit());
        if (diagnosis.finding() == Finding.HEALTHY) {
            if (left.isDecided()) {
                HealRecord.note(parts.file(), left.loss(), left.started());
            }
            parts.desk()
                    .conclude(
                            left.id(),
                            left.started(),
                            left.fault(),
                            left.diagnosis(),
                            List.of("the process that healed died at step " + left.step()),
                            left.isDecided()
                                    ? new Outcome.Healed("restored the content in place: " + left.source(), left.loss())
                                    : new Outcome.Healed(
                                            "SQLite recovered the database when it was opened again",
                                            Loss.unknown("whatever the damaged part held: " + left.diagnosis())));
        } else {
            LOG.warn(
                    "{}: a process died while it healed this database, at step {}; found now: {}",
                    parts.file().main(),
                    left.step(),
                    diagnosis);
        }
        IncidentLog.await(LOG_FLUSH);
        new Workshop(parts.file()).clear();
        left.end();
    }
}
