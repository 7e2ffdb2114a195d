package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of the database file are changed by another process.
 *
 * @param command as it would be typed, with {@code FILE} for the file
 */
record BytesChanged(List<String> command) implements Breakage {
    private static final String FILE = "FILE";

    static BytesChanged header() {
        return new BytesChanged(
                List.of("dd", "if=/dev/urandom", "of=" + FILE, "bs=100", "count=1", "conv=notrunc", "status=none"));
    }

    static BytesChanged pages(int first, int count) {
        return new BytesChanged(List.of(
                "dd",
                "if=/dev/urandom",
                "of=" + FILE,
                "bs=4096",
                "seek=" + first,
                "count=" + count,
                "conv=notrunc",
                "status=none"));
    }

    /** The whole file becomes noise. */
    static BytesChanged garbage() {
        return new BytesChanged(List.of("dd", "if=/dev/urandom", "of=" + FILE, "bs=16384", "count=1", "status=none"));
    }

    static BytesChanged cut(int bytes) {
        return new BytesChanged(List.of("truncate", "-s", Integer.toString(bytes), FILE));
    }

    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        ChildProcess.run(on(database));
    }

    private List<String> on(Path database) {
        List<String> words = new ArrayList<>();
        command.forEach(word -> words.add(word.replace(FILE, database.toString())));
        return words;
    }

    @Override
    public String describe(Path database) {
        return String.join(" ", on(database.getFileName()));
    }
}
