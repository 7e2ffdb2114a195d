package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;

/** Something that happens to a database file behind the application's back, in another process. */
interface Breakage {
    /** Breaks the database, and returns when that is done. */
    void strike(Path database) throws IOException, InterruptedException;

    /** What is done, as it would be typed. */
    String describe(Path database);
}
