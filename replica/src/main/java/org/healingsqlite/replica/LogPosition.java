package org.healingsqlite.replica;

/**
 * How far somebody has read a log. Source: SQLite file format §4.
 *
 * @param salts of the log's header and of each of its frames
 * @param offset in bytes, behind a frame that ends a transaction, or behind the header
 * @param sums the running checksum there, the first sum in the high half
 * @param pageSizeBytes of the log
 * @param bigEndian how the checksum reads its words
 */
record LogPosition(long salts, long offset, long sums, int pageSizeBytes, boolean bigEndian) {

    int frameSizeBytes() {
        return org.healingsqlite.format.WriteAheadLog.FRAME_HEADER_SIZE + pageSizeBytes;
    }

    /** The number that grows by one whenever the log is begun anew. */
    int begun() {
        return (int) (salts >>> 32);
    }

    LogPosition at(long otherOffset, long otherSums) {
        return new LogPosition(salts, otherOffset, otherSums, pageSizeBytes, bigEndian);
    }
}
