package org.healingsqlite.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The user that the files of this process belong to. Asked once, and only where a side directory is looked at. Principals of the same number are equal, so
 * a user without a name, as in many containers, is a user like any other.
 */
final class ProcessUser {
    /** Source: proc_pid_status(5): real, effective, saved and file system user. It is right also for a process that may not be dumped, whose files in /proc are root's. */
    private static final String STATUS = "self/status";

    private static final String USERS = "Uid:";
    private static final int FILE_SYSTEM_USER = 4;

    private static volatile @Nullable UserPrincipal known;

    private ProcessUser() {}

    /**
     * The user.
     *
     * @throws IOException where the system does not tell
     */
    static UserPrincipal get() throws IOException {
        UserPrincipal user = known;
        if (user == null) {
            Path status = Platform.current()
                    .processes()
                    .map(all -> all.resolve(STATUS))
                    .filter(Files::isReadable)
                    .orElse(null);
            user = status == null ? ofNewFile() : ofStatus(status);
            known = user;
        }
        return user;
    }

    private static UserPrincipal ofStatus(Path status) throws IOException {
        List<String> lines = Files.readAllLines(status, StandardCharsets.ISO_8859_1);
        for (String line : lines) {
            String[] fields = line.split("\\s+", -1);
            if (fields.length > FILE_SYSTEM_USER && fields[0].equals(USERS)) {
                UserPrincipal user = FileSystems.getDefault()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(fields[FILE_SYSTEM_USER]);
                // The same, with a name, for who reads of it.
                UserPrincipal named = Files.getOwner(status);
                return named.equals(user) ? named : user;
            }
        }
        return ofNewFile();
    }

    /** Whatever this process makes is its user's. */
    private static UserPrincipal ofNewFile() throws IOException {
        Path file = Files.createTempFile("healing-sqlite", ".owner");
        try {
            return Files.getOwner(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
