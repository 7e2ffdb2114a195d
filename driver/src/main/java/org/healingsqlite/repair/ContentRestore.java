package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/**
 * Recovers a damaged database in place: takes its write lock, copies the damaged files into the quarantine, makes the best content there is, and
 * copies that over the damaged one, all in one transaction of SQLite's. Nobody commits between the copy and the end, and nobody, in this process
 * or another, ever sees half of it; killed at any moment, SQLite's own journal or log leaves the damaged content or the new one.
 */
public final class ContentRestore {
    private static final Log LOG = Log.of(ContentRestore.class);

    private static final int LEAST_PAGES_A_STEP = 8;
    private static final int BYTES_A_STEP = 256 * 1024;
    private static final int STEPS_OF_A_LARGE_FILE = 64;
    private static final int PLACEHOLDER_STEPS = 3;

    private final DatabaseFile file;
    private final Surroundings surroundings;
    private final Workshop workshop;

    public ContentRestore(DatabaseFile file, Surroundings surroundings) {
        this.file = file;
        this.surroundings = surroundings;
        this.workshop = new Workshop(file);
    }

    /**
     * Does it.
     *
     * @throws SQLException where the lock cannot be had, or the new content does not hold; the database is as it was then
     * @throws IOException where the disk fails; likewise
     */
    public Restored run() throws SQLException, IOException {
        file.side().create();
        HolderCopy holder = new HolderCopy(surroundings, workshop);
        DamagedDatabase damaged = new DamagedDatabase(file, HeldFile.of(file), holder, surroundings);
        CountedFrames counted = CountedFrames.of(file);
        try {
            damaged.makeLockable();
            return restore(damaged, holder, counted);
        } catch (SQLException | IOException | RuntimeException | Error e) {
            damaged.putBack(e);
            throw e;
        } finally {
            workshop.clear();
        }
    }

    private Restored restore(DamagedDatabase damaged, HolderCopy holder, CountedFrames counted)
            throws SQLException, IOException {
        int pageSizeBytes = damaged.pageSizeBytes();
        int pagesAStep = pagesAStep(damaged.main().size(), pageSizeBytes);
        RestoreSource content = new RestoreSource(workshop, surroundings, pageSizeBytes);
        ContentMaker maker = new ContentMaker(file, workshop, surroundings, holder, content);
        try (RestoreTarget target = RestoreTarget.open(damaged, file.main());
                Connection source = content.placeholder(PLACEHOLDER_STEPS * pagesAStep);
                EarlyFlush flush = new EarlyFlush(file.wal())) {
            FileChannel bytes = target.openSource(content.file());
            target.prepare();
            Restored restored = new LockedCopy(damaged, surroundings, content, pagesAStep, new Gate(source, bytes))
                    .run(
                            target.connection(),
                            evidence -> maker.make(evidence, counted.goneFrom(evidence.log(), pageSizeBytes)),
                            () -> flush.written((long) pagesAStep * pageSizeBytes));
            damaged.replaced();
            tellRestored();
            target.settle(bytes, surroundings);
            return restored;
        }
    }

    /** Many where there are many: each step costs locks. The placeholder has to be larger, and should not outgrow what it stands for. */
    private static int pagesAStep(long bytes, int pageSizeBytes) {
        long most = Math.min(BYTES_A_STEP, bytes / STEPS_OF_A_LARGE_FILE);
        return (int) Math.max(LEAST_PAGES_A_STEP, most / pageSizeBytes);
    }

    /** The content is in place: whatever cannot be noted now does not change that. */
    private void tellRestored() {
        try {
            surroundings.step("restored");
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), Disclosure.text(e));
        }
    }
}
