package org.healingsqlite.salvage;

/**
 * Hears how far a salvage is, and may stop it: an unchecked exception that the listener throws ends the salvage, which leaves nothing behind, and reaches
 * the caller as it is. Called on the salvaging thread every few hundred pages that are read, and before each index, view and trigger that is made.
 */
@FunctionalInterface
public interface ProgressListener {

    /** A listener that hears nothing. */
    ProgressListener NONE = (phase, done, total) -> {};

    /**
     * Reports how far a phase is.
     *
     * @param phase what is being done, as a word for people
     * @param done of the whole, in units of the phase (pages, mostly)
     * @param total the whole; 0 if not known
     */
    void progressed(String phase, long done, long total);
}
