package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Optional;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.FreelistTrunk;
import org.healingsqlite.format.PageKind;

/** Marks the pages of the freelist, whose rows were deleted. */
final class FreePages {

    private FreePages() {}

    /** Follows the list from the header; a broken list counts as far as it goes. Returns whether all pages that the header counts are on it. */
    static boolean mark(PageStore store, Ownership ownership, Optional<DatabaseHeader> header) throws IOException {
        if (header.isEmpty()) {
            return true;
        }
        long marked = follow(store, ownership, header.get());
        return marked >= header.get().freelistCount();
    }

    private static long follow(PageStore store, Ownership ownership, DatabaseHeader header) throws IOException {
        long marked = 0;
        long next = header.firstFreelistTrunk();
        for (int steps = 0; steps < store.pageCount() && next >= 2 && ownership.exists(next); steps++) {
            int page = (int) next;
            if (ownership.isFree(page) || ownership.owner(page) != Ownership.NOBODY) {
                return marked;
            }
            Optional<FreelistTrunk> trunk =
                    FreelistTrunk.listed(store.newest(page), store.geometry(), store.pageCount());
            if (trunk.isEmpty()) {
                boolean isLeaf = isWholeLeaf(store, page);
                page = exchangedWith(store, header.freelistCount() - marked);
                if (page == 0) {
                    return marked;
                }
                ownership.markOutOfPlace(page);
                if (!isLeaf) {
                    // Or the trunk is damaged, and that page is what it seems to be: then it stays so, but no row
                    // continues there.
                    return marked;
                }
                // Where its tree misses the leaf, the search for strays puts it.
                ownership.own(page, Ownership.NOBODY);
                trunk = FreelistTrunk.read(store.newest(page), store.geometry(), store.pageCount());
            }
            if (trunk.isEmpty()) {
                return marked;
            }
            ownership.markFree(page);
            markLeaves(trunk.get(), ownership);
            marked += 1 + trunk.get().leaves();
            next = trunk.get().next();
        }
        return marked;
    }

    private static boolean isWholeLeaf(PageStore store, int page) throws IOException {
        byte[] bytes = store.newest(page);
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        return Bytes.u8(bytes, 0) == PageKind.TABLE_LEAF.flag() && leaf.exact() && leaf.count() > 0;
    }

    /**
     * Where the list names a page that is no trunk, the two have changed places: the one page that can end the list with just as many pages as the header counts.
     *
     * @param left how many pages are still to come on the list
     * @return 0 if there is no such page, or more than one
     */
    private static int exchangedWith(PageStore store, long left) throws IOException {
        int found = 0;
        for (int page = 2; page <= store.pageCount(); page++) {
            Optional<FreelistTrunk> trunk = FreelistTrunk.read(store.newest(page), store.geometry(), store.pageCount());
            if (trunk.isPresent() && trunk.get().next() == 0 && trunk.get().leaves() + 1 == left) {
                if (found != 0) {
                    return 0;
                }
                found = page;
            }
        }
        return found;
    }

    private static void markLeaves(FreelistTrunk trunk, Ownership ownership) {
        for (int i = 0; i < trunk.leaves(); i++) {
            if (ownership.owner(trunk.leaf(i)) == Ownership.NOBODY) {
                ownership.markFree(trunk.leaf(i));
            }
        }
    }

    /** With the way to the list lost, takes every page for a trunk that can be nothing else and names other pages. */
    static void markScattered(PageStore store, Ownership ownership) throws IOException {
        for (int page = 2; page <= store.pageCount(); page++) {
            if (ownership.owner(page) != Ownership.NOBODY || ownership.isFree(page)) {
                continue;
            }
            Optional<FreelistTrunk> trunk = FreelistTrunk.read(store.newest(page), store.geometry(), store.pageCount());
            if (trunk.isPresent() && trunk.get().leaves() > 0) {
                ownership.markFree(page);
                markLeaves(trunk.get(), ownership);
            }
        }
    }
}
