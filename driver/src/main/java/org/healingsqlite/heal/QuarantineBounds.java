package org.healingsqlite.heal;

import java.io.IOException;
import java.time.Instant;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/** Keeps the evidence within what the options allow: after each heal that has kept some, be it one that failed. Stateless. */
final class QuarantineBounds {
    private static final Log LOG = Log.of(QuarantineBounds.class);

    private QuarantineBounds() {}

    /** Deletes what is older, or more, than wanted; where that cannot be done it is left for the next time. */
    static void hold(DatabaseFile file, HealingSettings settings, Instant now) {
        try {
            Quarantine quarantine = new Quarantine(file);
            quarantine
                    .purge(settings.quarantineRetention(), now)
                    .forEach(path -> LOG.debug("{}: deleted {} by quarantineRetention", file.main(), path));
            quarantine
                    .bound(settings.quarantineLimit())
                    .forEach(path -> LOG.info("{}: deleted {} by quarantineLimit", file.main(), path));
        } catch (IOException e) {
            LOG.debug("{}: the quarantine was not purged: {}", file.main(), Disclosure.text(e));
        }
    }
}
