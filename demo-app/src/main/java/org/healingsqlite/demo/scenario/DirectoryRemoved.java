package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code rm -rf} of the directory the database is in; again, where the healing driver has put something back in the middle of it. */
record DirectoryRemoved() implements Breakage {
    /** Once is enough nearly always: a file has to come back between the last deletion and that of the directory. */
    private static final int MOST_ATTEMPTS = 20;

    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                ChildProcess.run(List.of("rm", "-rf", directory(database).toString()));
                return;
            } catch (IOException notEmpty) {
                if (attempt == MOST_ATTEMPTS) {
                    throw notEmpty;
                }
            }
        }
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
