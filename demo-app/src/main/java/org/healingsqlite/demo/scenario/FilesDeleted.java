package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code rm -f} of the database and its side files. */
record FilesDeleted() implements Breakage {
    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        ChildProcess.run(command(database).toList());
    }

    @Override
    public String describe(Path database) {
        return command(database.getFileName()).collect(Collectors.joining(" "));
    }

    private static Stream<String> command(Path database) {
        return Stream.concat(
                Stream.of("rm", "-f"), Stream.of("", "-wal", "-shm").map(suffix -> database + suffix));
    }
}
