package org.healingsqlite.heal;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.files.OpenFiles;
import org.jspecify.annotations.Nullable;

/**
 * Whose what lies beside the file at the path is. SQLite finds it by its name: a file that takes another one's place would be read with the other one's log,
 * and share the index that is in use for the lost one. Thread-safe.
 *
 * @param connections of this JVM
 * @param isSafe whether the content of the lost file that a connection holds is where it belongs
 */
record SideFiles(DatabaseFile file, ConnectionRegistry connections, Predicate<HealableConnection> isSafe) {

    private static final int MOST_LOOKS = 10;

    /**
     * Whether there is nothing at the path that anybody could miss: no file, or an empty one without anything of its own beside it. A database that was
     * cut to nothing has its log there, and that is all that is left.
     */
    boolean areOfNothing() {
        long size = file.sizeBytes();
        return size < 0 || size == 0 && (!file.isEmptied() || areOfLostFile(file.companions(), true));
    }

    /** Whether the log, or its index, belongs to a file that has lost its name. Looks at processes where there is one; otherwise costs two stats. */
    boolean includeLogOfLostFile() {
        return areOfLostFile(List.of(file.wal(), file.shm()), false);
    }

    private boolean areOfLostFile(List<Path> paths, boolean beneathEmptyFile) {
        for (int look = 1; ; look++) {
            Set<FileIdentity> beside = identities(paths);
            boolean are = areOfLostFile(beside, beneathEmptyFile);
            // Where they have changed, somebody has set them aside, and may have opened the file since.
            if (are || look == MOST_LOOKS || beside.equals(identities(paths))) {
                return are;
            }
        }
    }

    private boolean areOfLostFile(Set<FileIdentity> beside, boolean beneathEmptyFile) {
        FileIdentity main = file.identity();
        if (beside.isEmpty()) {
            return false;
        }
        if (main == null) {
            // The next one that is put there would be read with them.
            return true;
        }
        if (connections.any(own -> main.equals(own.identity()) && mayUse(own.log(), beside, beneathEmptyFile))) {
            return false;
        }
        return connections.any(own -> isOfLost(own, main, beside, beneathEmptyFile))
                || OpenFiles.areUsedWithout(main, beside);
    }

    private boolean isOfLost(
            HealableConnection own, FileIdentity main, Set<FileIdentity> beside, boolean beneathEmptyFile) {
        FileIdentity held = own.identity();
        if (held == null || held.equals(main)) {
            return false;
        }
        boolean opened =
                contains(beside, own.log().log()) || contains(beside, own.log().index());
        // A log that was begun after the connection was opened is not known by name.
        return opened || !isSafe.test(own) && (beneathEmptyFile || OpenFiles.areOpenHere(beside));
    }

    /**
     * Whether what is beside the file at the path may be what a connection to it has open. Where it had no log when it was opened, it may have begun one
     * since; an empty file has none.
     */
    private boolean mayUse(LogIdentity open, Set<FileIdentity> beside, boolean beneathEmptyFile) {
        return open.log() == null
                ? !beneathEmptyFile || FileIdentity.of(file.wal()) == null && FileIdentity.of(file.shm()) == null
                : contains(beside, open.log()) || contains(beside, open.index());
    }

    private static boolean contains(Set<FileIdentity> identities, @Nullable FileIdentity identity) {
        return identity != null && identities.contains(identity);
    }

    private static Set<FileIdentity> identities(List<Path> paths) {
        Set<FileIdentity> identities = new HashSet<>();
        for (Path path : paths) {
            FileIdentity identity = FileIdentity.of(path);
            if (identity != null) {
                identities.add(identity);
            }
        }
        return identities;
    }
}
