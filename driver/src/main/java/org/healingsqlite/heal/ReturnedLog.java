package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/**
 * The log of a file that is at the path again, and its index: both were set aside while another file was there, and who stayed with the file has them open. Within a
 * process SQLite shares the index with whoever opens the file now, and finds the log by its name.
 */
record ReturnedLog(DatabaseFile file, LogIdentity open) {

    /**
     * Gives both their names back; nothing changes where they cannot be found, or something has one of the names.
     *
     * @return whether it has
     */
    boolean comeBack() throws IOException {
        Optional<Path> log = setAside(open.log());
        Optional<Path> index = setAside(open.index());
        if (log.isEmpty() || index.isEmpty() || Files.exists(file.wal()) || Files.exists(file.shm())) {
            return false;
        }
        Optional<FileOwnership> ownership = FileOwnership.of(file.main());
        if (ownership.isPresent()) {
            ownership.get().giveTo(index.get());
            ownership.get().giveTo(log.get());
        }
        // Links take nobody's file away.
        Files.createLink(file.shm(), index.get());
        Files.createLink(file.wal(), log.get());
        Files.delete(index.get());
        Files.delete(log.get());
        return true;
    }

    private Optional<Path> setAside(@Nullable FileIdentity wanted) throws IOException {
        Path quarantine = file.side().quarantine();
        if (wanted == null || !Files.isDirectory(quarantine)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> kept = Files.newDirectoryStream(quarantine)) {
            for (Path each : kept) {
                if (wanted.equals(FileIdentity.of(each))) {
                    return Optional.of(each);
                }
            }
        }
        return Optional.empty();
    }
}
