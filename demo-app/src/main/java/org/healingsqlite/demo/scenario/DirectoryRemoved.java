package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code rm -rf} of the directory the database is in. */
record DirectoryRemoved() implements Breakage {
    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        ChildProcess.run(List.of("rm", "-rf", directory(database).toString()));
    }

    @Override
    public String describe(Path database) {
        return "rm -rf " + directory(database).getFileName();
    }

    private static Path directory(Path database) {
        Path directory = database.getParent();
        if (directory == null) {
            throw new IllegalArgumentException("no directory in " + database);
        }
        return directory;
    }
}
