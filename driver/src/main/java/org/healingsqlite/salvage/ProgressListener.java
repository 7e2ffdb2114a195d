package org.healingsqlite.salvage;

/** Hears how far a salvage is. Called on the salvaging thread, now and then; must not throw. */
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
