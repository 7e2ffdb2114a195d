package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * Puts payloads together that continue on overflow pages. A payload counts only if its chain has exactly the pages it needs, and none of them
 * belongs to a tree or to another row. Nothing is ever filled in or cut short.
 *
 * <p>Source: SQLite file format §1.7.
 */
final class PayloadReader {

    /** A row is in memory three times on its way: as payload, as the value that is bound, and in the queue before that. Others go the same way. */
    private static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 8;

    private final PageStore store;
    private final Ownership ownership;
    private final Geometry geometry;

    private final boolean again;
    private long tooLarge;
    private final List<WipedSectors.Range> zeros = new ArrayList<>();

    PayloadReader(PageStore store, Ownership ownership) {
        this(store, ownership, false);
    }

    /** @param again whether the payloads were read before: their pages are taken already */
    PayloadReader(PageStore store, Ownership ownership, boolean again) {
        this.again = again;
        this.store = store;
        this.ownership = ownership;
        this.geometry = store.geometry();
    }

    /** The whole payload of a cell, or null if some of it is lost. The pages of its chain are taken. */
    byte @Nullable [] read(byte[] page, CellCursor cell) throws IOException {
        if (cell.overflowPage() == 0) {
            return Arrays.copyOfRange(page, cell.payloadOffset(), cell.payloadOffset() + cell.localSize());
        }
        if (cell.payloadSize() > MOST_BYTES) {
            tooLarge++;
            return null;
        }
        long needed = geometry.overflowPages(cell.payloadSize(), cell.localSize());
        // Every page of a chain is there before memory is set aside for what they hold.
        if (!chainHolds(cell.overflowPage(), needed)) {
            return null;
        }
        zeros.clear();
        byte[] payload = new byte[(int) cell.payloadSize()];
        System.arraycopy(page, cell.payloadOffset(), payload, 0, cell.localSize());
        int at = cell.localSize();
        int next = (int) cell.overflowPage();
        for (long i = 0; i < needed; i++) {
            byte[] content = store.newest(next);
            int length = Math.min(geometry.overflowCapacity(), payload.length - at);
            WipedSectors.addOf(content, length, payload, at, zeros);
            System.arraycopy(content, 4, payload, at, length);
            at += length;
            next = Bytes.i32(content, 0);
        }
        next = (int) cell.overflowPage();
        for (long i = 0; i < needed && !again; i++) {
            ownership.claimOverflow(next);
            next = (int) store.firstWord(next);
        }
        return payload;
    }

    /** How many payloads were left out because they are larger than the memory at hand. */
    long tooLarge() {
        return tooLarge;
    }

    /** Where the payload that was read last, and that continues on other pages, may have been wiped. */
    List<WipedSectors.Range> zeros() {
        return zeros;
    }

    private boolean chainHolds(long first, long needed) throws IOException {
        if (needed > store.pageCount()) {
            return false;
        }
        long next = first;
        long slow = first;
        for (long i = 0; i < needed; i++) {
            if (next < 2
                    || !ownership.exists(next)
                    || ownership.owner((int) next) != Ownership.NOBODY
                    || (!again && ownership.isOverflow((int) next))
                    || ownership.isOutOfPlace((int) next)
                    || isDamaged((int) next)) {
                return false;
            }
            long page = next;
            next = store.firstWord((int) page);
            if (next > 2 && next != page + 1 && wasExchanged(page, next - 1, needed - i - 1)) {
                return false;
            }
            if (next == slow) {
                return false;
            }
            // A power of two steps behind: a cycle meets it sooner or later.
            if (Long.bitCount(i + 1) == 1) {
                slow = next;
            }
        }
        return next == 0;
    }

    /**
     * Chains mostly run on from page to page. Two pages that each go on where the other's row does were exchanged, unless the row would then end too soon or too
     * late: pages that were freed and taken again come in any order.
     *
     * @param rest how many pages the row needs behind this one
     */
    private boolean wasExchanged(long page, long other, long rest) throws IOException {
        if (!ownership.exists(other) || store.firstWord((int) other) != page + 1) {
            return false;
        }
        long next = page + 1;
        for (long i = 0; i < rest; i++) {
            if (!ownership.exists(next)) {
                return false;
            }
            next = store.firstWord((int) next);
        }
        return next == 0;
    }

    private boolean isDamaged(int page) {
        List<PageVersion> versions = store.versions(page);
        return versions.isEmpty() || versions.get(0).source().isDamaged();
    }
}
