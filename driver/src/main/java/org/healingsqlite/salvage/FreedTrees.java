package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.api.Internal;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.FreelistTrunk;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.PointerMap;
import org.healingsqlite.format.TextEncoding;
import org.jspecify.annotations.Nullable;

/**
 * The trees of dropped tables among the free pages of a sound database, and those that nothing leads to. DROP TABLE puts the pages of a table on the freelist and leaves what is in them; what
 * the row of the table in {@code sqlite_schema} said stays in the free space of its page. A page that was written to since is told by its form, its keys and its
 * place, and is left out.
 *
 * <p>Works on a copy, which it changes: first {@link #putBack} makes trees of free pages again, then, when the schema names their roots, {@link #freeTheRest}
 * puts what is free on a list of its own.
 *
 * <p>Source: SQLite file format §1.5 (freelist), §1.6 (b-tree pages), §2.6 ({@code sqlite_schema}). One thread at a time.
 */
@Internal
public final class FreedTrees {
    private static final int PAGE_COUNT = 28;
    private static final int FIRST_TRUNK = 32;
    private static final int LARGEST_ROOT = 52;
    private static final int INCREMENTAL = 64;

    /** SQLite itself makes no tree deeper than this. Source: BTCURSOR_MAX_DEPTH. */
    private static final int DEEPEST = 20;

    /** Older releases of SQLite put no more leaves into a trunk. Source: SQLite file format §1.5. */
    private static final int SPARE_LEAVES = 6;

    private static final int SCHEMA_LEAF_HEADER = 8;

    private final FileChannel file;
    private final Geometry geometry;
    private final Charset charset;
    private final CellCursor cursor;
    private final BitSet free = new BitSet();
    private final BitSet trunks = new BitSet();
    private final BitSet taken = new BitSet();
    private final Map<Integer, byte[]> changed = new HashMap<>();
    private final int firstPages;
    private final boolean mapped;
    private int pages;

    private FreedTrees(FileChannel file, Geometry geometry, DatabaseHeader header, int pages) {
        this.file = file;
        this.geometry = geometry;
        this.charset = header.encoding().orElse(TextEncoding.UTF_8).charset();
        this.firstPages = pages;
        this.pages = pages;
        this.mapped = header.largestRoot() != 0;
        this.cursor = new CellCursor(geometry, (long) pages * geometry.pageSizeBytes());
    }

    /**
     * Reads which pages are free.
     *
     * @param file a whole database without a log or journal, open for reading and writing; the caller closes it
     * @param unused pages to which nothing leads, and which are not on the freelist: they count as free
     * @throws SalvageException where it is no database
     */
    public static FreedTrees of(FileChannel file, BitSet unused) throws IOException {
        byte[] head = new byte[DatabaseHeader.SIZE];
        read(file, head, 0);
        DatabaseHeader header = DatabaseHeader.of(head);
        if (!header.plausible()) {
            throw new SalvageException("the copy has no header of a database");
        }
        Geometry geometry = header.geometry().orElseThrow();
        int pages = (int) Math.min(Integer.MAX_VALUE - 8, file.size() / geometry.pageSizeBytes());
        FreedTrees trees = new FreedTrees(file, geometry, header, pages);
        trees.readFreelist(header);
        trees.free.or(unused.get(0, pages + 1));
        return trees;
    }

    private void readFreelist(DatabaseHeader header) throws IOException {
        long trunk = header.firstFreelistTrunk();
        while (trunk >= 2 && trunk <= pages && !free.get((int) trunk)) {
            FreelistTrunk read = FreelistTrunk.read(page((int) trunk), geometry, pages)
                    .orElseThrow(() -> new SalvageException("the freelist of the copy is damaged"));
            free.set((int) trunk);
            trunks.set((int) trunk);
            for (int i = 0; i < read.leaves(); i++) {
                free.set(read.leaf(i));
            }
            trunk = read.next();
        }
    }

    /** Whether any page is free, or nothing leads to it, so that something may be found. */
    public boolean hasFreePages() {
        return !free.isEmpty();
    }

    // ---- What is left of sqlite_schema

    /**
     * What is left of the row of a table in {@code sqlite_schema}.
     *
     * @param root the first page of its tree, as that row said
     * @param sql its statement; empty where not all of it is left in that page
     */
    public record Remnant(int root, String sql) {}

    /** What is left of the rows of a dropped table: one where it was dropped once, others where it was made, dropped or altered before. */
    public List<Remnant> remnants(String table) throws IOException {
        Set<Remnant> found = new HashSet<>();
        for (int page : schemaPages()) {
            find(table, page(page), found);
        }
        return List.copyOf(found);
    }

    /** The names of tables of which something is left, those that are there among them. */
    public Set<String> names() throws IOException {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (int number : schemaPages()) {
            names.addAll(SchemaTraces.namesIn(page(number), charset));
        }
        return names;
    }

    private List<Integer> schemaPages() throws IOException {
        List<Integer> leaves = new ArrayList<>();
        BitSet seen = new BitSet();
        Deque<Integer> open = new ArrayDeque<>(List.of(1));
        while (!open.isEmpty()) {
            int number = open.pop();
            if (number < 1 || number > pages || seen.get(number)) {
                continue;
            }
            seen.set(number);
            leaves.add(number);
            byte[] bytes = page(number);
            BtreePage btree = btree(bytes, number);
            if (btree != null && btree.kind() == PageKind.TABLE_INTERIOR) {
                for (int child : children(btree)) {
                    open.push(child);
                }
            }
        }
        // A schema that became smaller has given pages back.
        free.stream().forEach(leaves::add);
        return leaves;
    }

    /** The record is "table", the name twice, the root and the statement, one behind the other. The cell before it may be overwritten. */
    private void find(String table, byte[] page, Set<Remnant> found) {
        byte[] name = table.getBytes(charset);
        byte[] type = "table".getBytes(charset);
        byte[] create = "CREATE".getBytes(charset);
        for (int at = SCHEMA_LEAF_HEADER; at + type.length + 2 * name.length < geometry.usable(); at++) {
            int names = at + type.length;
            if (!SchemaTraces.is(page, at, type)
                    || !SchemaTraces.is(page, names, name)
                    || !SchemaTraces.is(page, names + name.length, name)) {
                continue;
            }
            int root = names + 2 * name.length;
            for (int length = 1; length <= SchemaTraces.MOST_BYTES_OF_ROOT; length++) {
                if (SchemaTraces.is(page, root + length, create)) {
                    long number = Bytes.signed(page, root, length);
                    if (number >= 2 && number <= firstPages) {
                        found.add(new Remnant((int) number, statement(page, at, root + length)));
                    }
                    break;
                }
            }
        }
    }

    /** The statement, where the serial types before the record are left and tell how long it is. */
    private String statement(byte[] page, int at, int from) {
        // The last serial type, the statement's, lies just before the record: odd, and 13 more than twice the length.
        for (int length = 1; length <= 3 && at - length >= SCHEMA_LEAF_HEADER; length++) {
            long serial = 0;
            boolean isNumber = true;
            for (int i = at - length; i < at; i++) {
                int value = Bytes.u8(page, i);
                isNumber &= i == at - 1 ? value < 0x80 : value >= 0x80;
                serial = serial << 7 | value & 0x7f;
            }
            long bytes = (serial - 13) / 2;
            if (isNumber && serial >= 13 && serial % 2 == 1 && from + bytes <= geometry.usable()) {
                String text = new String(page, from, (int) bytes, charset);
                if (text.endsWith(")") || text.toUpperCase(Locale.ROOT).matches("(?s).*\\)\\s*[A-Z ,]+")) {
                    return text;
                }
            }
        }
        return "";
    }

    // ---- Trees

    /** A tree that was found; it counts once it is kept. Used with what found it only. */
    public static final class Tree {
        private final Walk walk;

        private Tree(Walk walk) {
            this.walk = walk;
        }

        /** How many pages it has, as far as they are there. */
        public int pages() {
            return walk.visited.cardinality();
        }

        /** How many of its pages, and of the pages on which its values continue, were written to since, so that what they had is gone or in part. */
        public int missing() {
            return walk.missing;
        }
    }

    /** A walk through one tree. Nothing of it counts before it has come to its end. */
    private final class Walk {
        private final BitSet visited = new BitSet();
        private final Map<Integer, byte[]> edits = new HashMap<>();
        private final boolean ofTable;
        private final List<Integer> holes = new ArrayList<>();
        private int missing;

        Walk(boolean ofTable) {
            this.ofTable = ofTable;
        }

        /** Whether a page is free, not in this tree yet, nor in another. */
        boolean isOpen(long page) {
            return page >= 2
                    && page <= firstPages
                    && free.get((int) page)
                    && !taken.get((int) page)
                    && !visited.get((int) page);
        }

        byte[] edited(int page, byte[] bytes) {
            return edits.computeIfAbsent(page, number -> bytes.clone());
        }

        /** A page without content, for what was written to since: it says that something is missing here. */
        int hole() {
            missing++;
            holes.add(pages + holes.size() + 1);
            return pages + holes.size();
        }
    }

    /**
     * Looks for a tree.
     *
     * @param root its first page
     * @param ofTable whether the table has rowids
     * @return empty where that page is not free, or is nothing that a tree can begin with
     */
    public Optional<Tree> find(int root, boolean ofTable) throws IOException {
        Walk walk = new Walk(ofTable);
        if (!walk.isOpen(root)) {
            return Optional.empty();
        }
        byte[] bytes = rootOf(root, walk);
        BtreePage btree = btree(bytes, root);
        if (btree != null && btree.kind().isTable() == ofTable) {
            descend(walk, root, btree, Long.MIN_VALUE, Long.MAX_VALUE, 0);
        } else if (trunks.get(root) || mayBeLeafWithoutHeader(bytes, root, ofTable)) {
            // Its beginning is gone; the rows of a table of one page lie behind it.
            walk.visited.set(root);
            walk.missing++;
            spoilHeader(walk, root, bytes, ofTable);
        } else {
            return Optional.empty();
        }
        return Optional.of(new Tree(walk));
    }

    /** Keeps a tree: its pages belong to no other one, and are written with the rest. */
    public void keep(Tree tree) {
        Walk walk = tree.walk;
        taken.or(walk.visited);
        changed.putAll(walk.edits);
        for (int hole : walk.holes) {
            changed.put(hole, new byte[geometry.pageSizeBytes()]);
            pages = Math.max(pages, hole);
        }
    }

    /**
     * The root as it was. SQLite empties its header before it frees it, and may write that; where it was an interior page its children and their keys are there
     * still.
     */
    private byte[] rootOf(int root, Walk walk) throws IOException {
        byte[] bytes = page(root);
        PageKind interior = walk.ofTable ? PageKind.TABLE_INTERIOR : PageKind.INDEX_INTERIOR;
        boolean emptied = Bytes.u16(bytes, 1) == 0 && Bytes.u16(bytes, 3) == 0;
        if (!emptied && !trunks.get(root)) {
            return bytes;
        }
        if (trunks.get(root) && Bytes.u32(bytes, 4) != 0) {
            return bytes;
        }
        long right = Bytes.u32(bytes, SCHEMA_LEAF_HEADER);
        BtreePage asInterior = BtreePage.read(bytes, root, interior, geometry, cursor);
        int[] cells = asInterior.cellsWhilePointersHold(
                geometry.usable(), cursor, (page, cell) -> isFreePage(cell.leftChild()));
        if (!isFreePage(right) || cells.length == 0) {
            return bytes;
        }
        int count = 0;
        int lowest = geometry.usable();
        long last = Long.MIN_VALUE;
        for (int at : cells) {
            cursor.moveTo(bytes, at, interior);
            if (cursor.leftChild() == right || walk.ofTable && cursor.rowid() <= last) {
                break;
            }
            last = cursor.rowid();
            lowest = Math.min(lowest, at);
            count++;
        }
        byte[] whole = walk.edited(root, bytes);
        whole[0] = (byte) interior.flag();
        Bytes.put16(whole, 1, 0);
        Bytes.put16(whole, 3, count);
        Bytes.put16(whole, 5, lowest);
        whole[7] = 0;
        return whole;
    }

    private boolean isFreePage(long page) {
        return page >= 2 && page <= firstPages && free.get((int) page);
    }

    private boolean mayBeLeafWithoutHeader(byte[] bytes, int page, boolean ofTable) {
        PageKind leaf = ofTable ? PageKind.TABLE_LEAF : PageKind.INDEX_LEAF;
        return BtreePage.read(bytes, page, leaf, geometry, cursor)
                        .cellsWhilePointersHold(geometry.usable(), cursor, (content, cell) -> cell.asWritten())
                        .length
                > 0;
    }

    /** A leaf whose header was emptied would pass for one without rows. */
    private static void spoilHeader(Walk walk, int page, byte[] bytes, boolean ofTable) {
        byte[] spoilt = walk.edited(page, bytes);
        spoilt[0] = (byte) (ofTable ? PageKind.TABLE_LEAF.flag() : PageKind.INDEX_LEAF.flag());
        for (int i = 1; i < SCHEMA_LEAF_HEADER; i++) {
            spoilt[i] = (byte) 0xff;
        }
    }

    private void descend(Walk walk, int number, BtreePage btree, long above, long upTo, int depth) throws IOException {
        walk.visited.set(number);
        if (btree.kind().isLeaf() && btree.count() == 0) {
            if (mayBeLeafWithoutHeader(btree.bytes(), number, walk.ofTable)) {
                walk.missing++;
                spoilHeader(walk, number, btree.bytes(), walk.ofTable);
            }
            return;
        }
        if (btree.kind().hasPayload()) {
            for (int i = 0; i < btree.pointers(); i++) {
                int at = btree.cell(i);
                if (at >= 0 && cursor.moveTo(btree.bytes(), at, btree.kind()) && cursor.overflowPage() != 0) {
                    follow(walk, number, btree.bytes(), cursor.end() - 4);
                }
            }
        }
        if (btree.kind().isLeaf()) {
            return;
        }
        long from = above;
        for (int i = 0; i <= btree.pointers(); i++) {
            boolean last = i == btree.pointers();
            if (!last && (btree.cell(i) < 0 || !cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind()))) {
                continue;
            }
            int at = last ? BtreePage.headerOffset(number) + SCHEMA_LEAF_HEADER : cursor.offset();
            long child = last ? btree.rightChild() : cursor.leftChild();
            long key = last ? upTo : cursor.rowid();
            if (!walk.ofTable) {
                key = Long.MAX_VALUE;
            }
            if (!enter(walk, child, walk.ofTable ? from : Long.MIN_VALUE, key, depth + 1)) {
                Bytes.put32(walk.edited(number, btree.bytes()), at, walk.hole());
            }
            from = key;
        }
    }

    /** Whether a child is there, if only in part. */
    private boolean enter(Walk walk, long child, long above, long upTo, int depth) throws IOException {
        if (!walk.isOpen(child) || depth > DEEPEST) {
            return false;
        }
        int number = (int) child;
        byte[] bytes = page(number);
        if (trunks.get(number)) {
            // Its beginning names other pages now; the cells lie at its end.
            walk.visited.set(number);
            walk.missing++;
            return true;
        }
        BtreePage btree = btree(bytes, number);
        if (btree == null
                || btree.kind().isTable() != walk.ofTable
                || !btree.exact()
                || !isWithin(btree, above, upTo)) {
            return false;
        }
        descend(walk, number, btree, above, upTo, depth);
        return true;
    }

    private boolean isWithin(BtreePage btree, long above, long upTo) {
        if (!btree.kind().isTable()) {
            return true;
        }
        long last = above;
        boolean first = above == Long.MIN_VALUE;
        for (int i = 0; i < btree.pointers(); i++) {
            if (!cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())
                    || cursor.rowid() > upTo
                    || !first && cursor.rowid() <= last) {
                return false;
            }
            last = cursor.rowid();
            first = false;
        }
        return btree.pointers() > 0;
    }

    /** Goes along the pages on which a value continues; cuts the value off where one of them was written to. */
    private void follow(Walk walk, int number, byte[] bytes, int pointerAt) throws IOException {
        long left = geometry.overflowPages(cursor.payloadSize(), cursor.localSize());
        long next = cursor.overflowPage();
        List<Integer> chain = new ArrayList<>();
        while (left > 0 && walk.isOpen(next) && !trunks.get((int) next) && !chain.contains((int) next)) {
            chain.add((int) next);
            next = Bytes.u32(page((int) next), 0);
            left--;
        }
        if (left == 0 && next == 0) {
            chain.forEach(walk.visited::set);
            return;
        }
        walk.missing++;
        Bytes.put32(walk.edited(number, bytes), pointerAt, 0);
    }

    // ---- Writing

    /**
     * Writes the trees that were found, so that a row of {@code sqlite_schema} can name their roots. Until {@link #freeTheRest} no page counts as free.
     */
    public void putBack() throws IOException {
        for (Map.Entry<Integer, byte[]> page : changed.entrySet()) {
            write(page.getValue(), (page.getKey() - 1L) * geometry.pageSizeBytes());
        }
        byte[] head = new byte[DatabaseHeader.SIZE];
        read(file, head, 0);
        Bytes.put32(head, PAGE_COUNT, pages);
        Bytes.put32(head, FIRST_TRUNK, 0);
        Bytes.put32(head, FIRST_TRUNK + 4, 0);
        // What the map of an auto_vacuum database says of these pages is no longer so.
        Bytes.put32(head, LARGEST_ROOT, 0);
        Bytes.put32(head, INCREMENTAL, 0);
        write(head, 0);
    }

    /** Lists the pages that are free and in no tree that was found. */
    public void freeTheRest() throws IOException {
        BitSet rest = (BitSet) free.clone();
        rest.andNot(taken);
        list(rest);
    }

    /**
     * Lists only those free pages that can hold no row of a tree that was not found, so that a salvage looks at the others. Instead of {@link #putBack}.
     *
     * @param found what was found in another copy of the same file
     */
    public void exposeFragments(FreedTrees found) throws IOException {
        BitSet rest = (BitSet) trunks.clone();
        rest.or(found.taken);
        putBack();
        list(rest);
    }

    private void list(BitSet wanted) throws IOException {
        List<Integer> rest = new ArrayList<>();
        byte[] head = new byte[DatabaseHeader.SIZE];
        PointerMap map = new PointerMap(geometry);
        for (int page = 2; page <= firstPages; page++) {
            if (wanted.get(page) || mapped && map.isMapPage(page)) {
                rest.add(page);
            }
        }
        int most = geometry.usable() / 4 - 2 - SPARE_LEAVES;
        long next = 0;
        for (int from = 0; from < rest.size(); from += most + 1) {
            List<Integer> part = rest.subList(from, Math.min(rest.size(), from + most + 1));
            byte[] trunk = new byte[geometry.pageSizeBytes()];
            Bytes.put32(trunk, 0, (int) next);
            Bytes.put32(trunk, 4, part.size() - 1);
            for (int i = 1; i < part.size(); i++) {
                Bytes.put32(trunk, 4 + 4 * i, part.get(i));
            }
            write(trunk, (part.get(0) - 1L) * geometry.pageSizeBytes());
            next = part.get(0);
        }
        read(file, head, 0);
        Bytes.put32(head, FIRST_TRUNK, (int) next);
        Bytes.put32(head, FIRST_TRUNK + 4, rest.size());
        write(head, 0);
    }

    // ---- Pages

    private byte[] page(int number) throws IOException {
        byte[] bytes = new byte[geometry.pageSizeBytes()];
        read(file, bytes, (number - 1L) * geometry.pageSizeBytes());
        return bytes;
    }

    private @Nullable BtreePage btree(byte[] bytes, int number) {
        return PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(number)))
                .map(kind -> BtreePage.read(bytes, number, kind, geometry, cursor))
                .orElse(null);
    }

    private List<Integer> children(BtreePage interior) {
        List<Integer> children = new ArrayList<>();
        for (int i = 0; i < interior.pointers(); i++) {
            if (interior.cell(i) >= 0 && cursor.moveTo(interior.bytes(), interior.cell(i), interior.kind())) {
                children.add((int) Math.min(cursor.leftChild(), Integer.MAX_VALUE));
            }
        }
        children.add((int) Math.min(interior.rightChild(), Integer.MAX_VALUE));
        return children;
    }

    private static void read(FileChannel file, byte[] bytes, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining() && file.read(buffer, at + buffer.position()) > 0) {
            // until it is full or the file has ended
        }
    }

    private void write(byte[] bytes, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer, at + buffer.position());
        }
    }
}
