package org.healingsqlite.heal;

import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.files.OpenFiles;
import org.jspecify.annotations.Nullable;

/**
 * Tells an empty file that has taken a lost one's place from a database that was cut to nothing: beside both lies a log, but the one's belongs to the file
 * that has lost its name and is whole, and the other's is all that is left. Thread-safe.
 *
 * @param connections of this JVM
 * @param isSafe whether the content of the lost file that a connection holds is where it belongs
 */
record Vacancy(DatabaseFile file, Collection<HealableConnection> connections, Predicate<HealableConnection> isSafe) {

    /** Whether there is nothing at the path that anybody could miss: no file, or an empty one without anything of its own beside it. */
    boolean exists() {
        long size = file.sizeBytes();
        return size < 0 || size == 0 && (!file.isEmptied() || isEmptyInPlaceOfLost());
    }

    private boolean isEmptyInPlaceOfLost() {
        FileIdentity main = file.identity();
        if (main == null) {
            return true;
        }
        FileIdentity log = FileIdentity.of(file.wal());
        FileIdentity index = FileIdentity.of(file.shm());
        if (connections.stream().anyMatch(own -> main.equals(own.identity()) && uses(own.log(), log, index))) {
            return false;
        }
        return connections.stream().anyMatch(own -> isUnsafe(own, main))
                || OpenFiles.areUsedWithout(main, identitiesBeside());
    }

    /** In the rollback-journal modes there is neither log nor index, open or at the path. */
    private static boolean uses(LogIdentity open, @Nullable FileIdentity log, @Nullable FileIdentity index) {
        return open.log() == null
                ? log == null && index == null
                : open.log().equals(log) || Objects.equals(open.index(), index);
    }

    private boolean isUnsafe(HealableConnection own, FileIdentity main) {
        FileIdentity held = own.identity();
        return held != null && !held.equals(main) && !isSafe.test(own);
    }

    private Set<FileIdentity> identitiesBeside() {
        Set<FileIdentity> identities = new HashSet<>();
        file.companions().forEach(companion -> {
            FileIdentity identity = FileIdentity.of(companion);
            if (identity != null) {
                identities.add(identity);
            }
        });
        return identities;
    }
}
