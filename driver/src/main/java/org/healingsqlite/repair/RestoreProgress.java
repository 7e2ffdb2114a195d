package org.healingsqlite.repair;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Hears how far a restore is, and may end it. */
public interface RestoreProgress {
    /**
     * Notes a step where the next process will find it, and tells those who wait.
     *
     * @throws IOException where it has taken too long, or the step cannot be noted
     */
    void step(String what) throws IOException;

    /**
     * Hears how far the salvage is, many times.
     *
     * @throws UncheckedIOException where it has taken too long
     */
    void salvaged(String phase, long done, long total);
}
