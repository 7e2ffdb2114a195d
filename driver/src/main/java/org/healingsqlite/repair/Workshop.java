package org.healingsqlite.repair;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.files.SideDirectory;

/** The files in the side directory that new content is made in. Nobody needs them after a crash. For one heal; not shared by threads. */
public final class Workshop {
    private final SideDirectory side;
    private final Path source;
    private final List<Aside<Boolean>> removals = new ArrayList<>();

    /** Of a database. */
    public Workshop(DatabaseFile file) {
        this.side = file.side();
        this.source = side.workshop();
    }

    /** The file that content is put in place from. */
    Path source() {
        return source;
    }

    /** That file, with nothing at its path but an empty file that nobody else may read. */
    Path preparedSource() throws IOException {
        remove(source);
        return side.prepare(source);
    }

    /** A file beside it. */
    Path part(String suffix) {
        return source.resolveSibling(source.getFileName() + suffix);
    }

    /** A file beside it, with nothing at its path. */
    Path vacantPart(String suffix) throws IOException {
        Path part = part(suffix);
        remove(part);
        return part;
    }

    /** A file beside it, empty, that nobody else may read. */
    Path preparedPart(String suffix) throws IOException {
        return side.prepare(vacantPart(suffix));
    }

    /** A copy of what was kept, with its log, as a part: SQLite may change it. */
    Path copy(Evidence evidence, String suffix) throws IOException {
        Path copy = preparedPart(suffix);
        copyBytes(evidence.main(), copy);
        if (Files.exists(evidence.log())) {
            copyBytes(evidence.log(), side.prepare(copy.resolveSibling(copy.getFileName() + "-wal")));
        }
        return copy;
    }

    private static void copyBytes(Path from, Path prepared) throws IOException {
        try (OutputStream out = Files.newOutputStream(prepared, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            Files.copy(from, out);
        }
    }

    /** Removes a file that is needed no more, on a thread of its own: large files take their time to go. */
    void removeAside(Path database) {
        removals.add(Aside.begin("tidying", () -> {
            remove(database);
            return true;
        }));
    }

    /** Removes all of it. */
    public void clear() throws IOException {
        removals.forEach(Aside::awaitEnd);
        removals.clear();
        if (!side.isOurs()) {
            return;
        }
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(side.path(), source.getFileName() + "*")) {
            for (Path part : parts) {
                Files.deleteIfExists(part);
            }
        }
    }

    private static void remove(Path database) throws IOException {
        for (String suffix : List.of("", "-journal", "-wal", "-shm")) {
            Files.deleteIfExists(database.resolveSibling(database.getFileName() + suffix));
        }
    }
}
