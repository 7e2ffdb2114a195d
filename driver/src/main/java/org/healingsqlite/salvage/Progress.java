package org.healingsqlite.salvage;

/** Tells a listener how far the current phase is, often enough that it can stop a salvage of any size. One thread at a time. */
final class Progress {

    private static final int READS_PER_REPORT = 256;

    private final ProgressListener listener;
    private String phase = "pages";
    private long done;
    private long total;
    private int reads;

    Progress(ProgressListener listener) {
        this.listener = listener;
    }

    /**
     * Begins a phase.
     *
     * @param units how much there is to do in it; 0 if not known
     */
    void phase(String name, long units) {
        phase = name;
        done = 0;
        total = units;
        listener.progressed(name, 0, units);
    }

    /** One unit of the phase is done. */
    void advance() {
        done++;
    }

    /** A page was read, in whatever phase. */
    void pageRead() {
        if (++reads % READS_PER_REPORT == 0) {
            listener.progressed(phase, done, total);
        }
    }
}
