package org.healingsqlite.repair;

import java.io.IOException;
import java.sql.SQLException;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;

/** Makes new content in the source of a restore, completes it and has it checked, while the evidence becomes durable. For one restore. */
final class ContentMaker {
    private final Surroundings surroundings;
    private final HolderCopy holder;
    private final RestoreSource target;
    private final BestContent best;

    ContentMaker(
            DatabaseFile file, Workshop workshop, Surroundings surroundings, HolderCopy holder, RestoreSource target) {
        this.surroundings = surroundings;
        this.holder = holder;
        this.target = target;
        this.best = new BestContent(file, workshop, surroundings, surroundings, target);
    }

    /**
     * Makes it. The source is locked meanwhile, by the caller.
     *
     * @param evidence complete; durable when this returns
     * @param framesGone of the log: a connection whose cache is whole may have them, nobody else has
     * @throws SQLException where there is no content, or it is not sound
     */
    Recovered make(Evidence evidence, long framesGone) throws SQLException, IOException {
        Aside<Boolean> durable = Aside.begin("evidence", () -> {
            Quarantine.makeDurable(evidence);
            return true;
        });
        try {
            Recovered recovered = best.fill(holder, evidence, framesGone);
            surroundings.step("completing the schema");
            surroundings.complete(target.content(), !recovered.loss().isNone());
            target.finishContent();
            holder.removeAside();
            surroundings.step("verifying");
            ContentCheck.of(target.file()).addTo(recovered.loss());
            durable.await();
            return recovered;
        } finally {
            target.closeContent();
            durable.awaitEnd();
        }
    }
}
