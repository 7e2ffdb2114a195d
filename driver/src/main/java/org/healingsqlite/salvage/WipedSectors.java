package org.healingsqlite.salvage;

import org.healingsqlite.format.Bytes;

/** Finds sectors of zeros that a disk left where there was something else: zeros that were written seldom begin at a sector's first byte. */
final class WipedSectors {

    private static final int SECTOR = 512;
    /** Zeros up to the end of the bytes say less than a whole sector. */
    private static final int FEWEST_AT_END = 128;

    private WipedSectors() {}

    /**
     * Whether sectors within some bytes of a page are zeros, between bytes that are none or from such a byte to the end.
     *
     * @param page as it lies in the file, so that its sectors are the disk's
     */
    static boolean isAmong(byte[] page, int from, int to) {
        int sector = (from + SECTOR) / SECTOR * SECTOR;
        while (sector < to) {
            int end = sector;
            while (end < to && page[end] == 0 && Bytes.zero(page, end, Math.min(end + SECTOR, to))) {
                end = Math.min(end + SECTOR, to);
            }
            boolean enough = end - sector >= (end == to ? FEWEST_AT_END : SECTOR);
            if (enough && page[sector - 1] != 0 && (end == to || page[end] != 0)) {
                return true;
            }
            sector = Math.max(sector, end / SECTOR * SECTOR) + SECTOR;
        }
        return false;
    }
}
