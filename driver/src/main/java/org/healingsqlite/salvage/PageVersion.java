package org.healingsqlite.salvage;

/**
 * One copy of a page.
 *
 * @param source which file and what worth
 * @param offset where the page begins in that file
 */
record PageVersion(Source source, long offset) {

    /** Where copies come from. */
    enum Source {
        /** Before-image of a hot journal: what a rollback would bring back. */
        JOURNAL,
        /** As {@link #JOURNAL}, but in the place of a page of the main file, with which it changed places. */
        JOURNAL_IN_MAIN,
        /** Before-image of a hot journal of which some byte is wrong. */
        DAMAGED_JOURNAL,
        /** Committed in the write-ahead log, with its checksum proven. */
        LOG,
        /** As {@link #LOG}, but in the place of a page of the main file, with which it changed places. */
        LOG_IN_MAIN,
        /** Committed in the write-ahead log, with a checksum that fails: some byte of it is wrong. */
        DAMAGED_LOG,
        /** Committed in the write-ahead log, and written again later in the same log. */
        SUPERSEDED_LOG,
        /** The main file's content, from a log that was checkpointed before the current one began, with its checksum proven. */
        CHECKPOINTED_LOG,
        MAIN,
        /** The main file's page, in the place of a page of the log, with which it changed places. */
        MAIN_IN_LOG,
        /** The main file's page, in the place of an image of the journal, with which it changed places. */
        MAIN_IN_JOURNAL,
        /** From a log that was checkpointed before the current one began. */
        OLD_LOG,
        /** From a journal that is done with. */
        OLD_JOURNAL;

        /** Whether the copy lies in the log. */
        boolean isLog() {
            return this == LOG
                    || this == DAMAGED_LOG
                    || this == SUPERSEDED_LOG
                    || this == CHECKPOINTED_LOG
                    || this == MAIN_IN_LOG
                    || this == OLD_LOG;
        }

        /** Whether it is what the last transaction that the log commits made of a page. */
        boolean isNewestOfLog() {
            return this == LOG || this == LOG_IN_MAIN;
        }

        boolean isJournal() {
            return this == JOURNAL || this == JOURNAL_IN_MAIN || this == DAMAGED_JOURNAL || this == OLD_JOURNAL;
        }

        boolean isDamaged() {
            return this == DAMAGED_LOG || this == DAMAGED_JOURNAL;
        }

        /** Sources in the order in which they are believed: lower first; equal ones as they were found. */
        int age() {
            return switch (this) {
                case JOURNAL, JOURNAL_IN_MAIN, DAMAGED_JOURNAL, LOG, LOG_IN_MAIN, DAMAGED_LOG, SUPERSEDED_LOG -> 0;
                case CHECKPOINTED_LOG -> 1;
                case MAIN, MAIN_IN_LOG, MAIN_IN_JOURNAL -> 2;
                case OLD_LOG, OLD_JOURNAL -> 3;
            };
        }
    }
}
