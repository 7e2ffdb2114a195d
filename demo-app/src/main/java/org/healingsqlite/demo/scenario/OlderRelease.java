package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The database of an older release of the application in the place of the present one. */
record OlderRelease(String schema, String rows) implements Breakage {
    @Override
    public void strike(Path database) throws IOException, InterruptedException {
        new FilesDeleted().strike(database);
        Files.createFile(database);
        new SqlElsewhere(Resource.text(schema) + rows).strike(database);
    }

    @Override
    public String describe(Path database) {
        return database.getFileName() + " is that of an older release (" + schema + ")";
    }
}
