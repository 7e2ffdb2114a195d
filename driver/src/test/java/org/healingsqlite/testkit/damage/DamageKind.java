package org.healingsqlite.testkit.damage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.healingsqlite.testkit.damage.BtreeLocator.Extent;
import org.healingsqlite.testkit.damage.BtreeLocator.PageUse;
import org.healingsqlite.testkit.damage.BtreeLocator.Use;
import org.healingsqlite.testkit.damage.DatabaseFiles.Part;
import org.healingsqlite.testkit.damage.PageCopies.Place;
import org.healingsqlite.testkit.damage.Victim.SchemaEntry;

/** What happens to files: one kind of damage each, at a place that the seed decides. */
public enum DamageKind {
    HEADER_MAGIC(d -> fill(d.main(), 0, 16, 'x')),
    HEADER_ZERO(d -> fill(d.main(), 0, 100, 0)),
    HEADER_NOISE(d -> noise(d, d.main(), 0, 100)),
    HEADER_PAGE_SIZE(d -> noise(d, d.main(), 16, 2)),
    HEADER_RESERVED(d -> d.main()[20] = (byte) (1 + d.random().nextInt(200))),
    HEADER_ENCODING(d -> d.main()[59] = (byte) (d.main()[59] == 1 ? 2 : 1)),
    HEADER_VERSIONS(d -> noise(d, d.main(), 18, 2)),
    HEADER_PAGE_COUNT(d -> noise(d, d.main(), 28, 4)),
    HEADER_SCHEMA_FORMAT(d -> d.main()[47] = (byte) 200),
    HEADER_FREELIST(d -> noise(d, d.main(), 32, 8)),
    HEADER_AUTO_VACUUM(d -> noise(d, d.main(), 52, 4)),

    PAGE1_ZERO(d -> page(d, 1, (f, at, size) -> fill(f, at, size, 0))),
    PAGE1_NOISE(d -> page(d, 1, (f, at, size) -> noise(d, f, at, size))),
    PAGE1_BTREE_HEADER(d -> page(d, 1, (f, at, size) -> noise(d, f, at + 100, 12))),
    PAGE1_TAIL(d -> page(d, 1, (f, at, size) -> fill(f, at + size / 2, size / 2, 0))),

    ROOT_ZERO(d -> one(d, u -> u.isRoot() && u.isRow() && u.page() > 1, DamageKind::zero)),
    ROOT_NOISE(d -> one(d, u -> u.isRoot() && u.isRow() && u.page() > 1, wild(d))),
    ROOTS_ALL_ZERO(d -> all(d, u -> u.isRoot() && u.page() > 1, DamageKind::zero)),
    INTERIOR_ZERO(d -> one(d, DamageKind::isInterior, DamageKind::zero)),
    INTERIOR_NOISE(d -> one(d, DamageKind::isInterior, wild(d))),
    INTERIORS_ALL_ZERO(d -> all(d, DamageKind::isInterior, DamageKind::zero)),
    INTERIORS_ALL_NOISE(d -> all(d, DamageKind::isInterior, wild(d))),
    INTERIOR_POINTERS(d -> one(d, DamageKind::isInterior, (f, at, size) -> noise(d, f, at + 8, 4))),
    LEAF_ZERO(d -> one(d, DamageKind::isLeaf, DamageKind::zero)),
    LEAF_NOISE(d -> one(d, DamageKind::isLeaf, wild(d))),
    LEAVES_TENTH_ZERO(d -> some(d, DamageKind::isLeaf, 10, DamageKind::zero)),
    LEAVES_THIRD_NOISE(d -> some(d, DamageKind::isLeaf, 3, wild(d))),
    LEAF_HEADER(d -> one(d, DamageKind::isLeaf, (f, at, size) -> noise(d, f, at, 8))),
    LEAF_HEADER_ZERO(d -> some(d, DamageKind::isLeaf, 5, (f, at, size) -> fill(f, at, 8, 0))),
    LEAF_FRONT(d -> some(d, DamageKind::isLeaf, 5, (f, at, size) -> fill(f, at, size / 4, 0))),
    INDEX_ZERO(d -> one(d, u -> isIndex(u), DamageKind::zero)),
    INDEXES_ALL_NOISE(d -> all(d, u -> isIndex(u), wild(d))),
    INDEX_ENTRY(d ->
            one(d, u -> u.use() == Use.INDEX_LEAF && !u.isRow(), (f, at, size) -> noise(d, f, at + size / 2, 8))),

    SCHEMA_TEXT(d -> schema(d, 1, 6)),
    SCHEMA_TEXT_BIT(d -> schema(d, 1, 0)),
    SCHEMA_TEXT_MANY(d -> schema(d, 4, 3)),
    SCHEMA_POINTERS(d -> page(d, 1, (f, at, size) -> fill(f, at + 108, 2 * count(f, at + 100), 0))),
    SCHEMA_LEAF(d -> one(d, u -> u.owner().equals("sqlite_schema") && u.page() > 1, DamageKind::zero)),

    CELL_POINTER(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> cellPointer(d, f, at))),
    CELL_POINTERS_NOISE(d -> one(d, DamageKind::isLeaf, (f, at, size) -> noise(d, f, at + 8, 2 * count(f, at)))),
    CELL_POINTERS_ZERO(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> fill(f, at + 8, 2 * count(f, at), 0))),
    CELL_COUNT_ZERO(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> fill(f, at + 3, 2, 0))),
    CELL_COUNT_HUGE(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> fill(f, at + 3, 2, 0xff))),
    CELL_COUNT_LESS(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> put16(f, at + 3, count(f, at) / 2))),
    PAGE_TYPE(d -> some(
            d,
            DamageKind::isLeaf,
            8,
            (f, at, size) -> f[at] = (byte) (d.random().nextBoolean() ? 0 : 10))),
    PAGE_TYPE_INTERIOR(d -> one(d, DamageKind::isLeaf, (f, at, size) -> f[at] = (byte) (f[at] == 13 ? 5 : 2))),
    CONTENT_START(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> noise(d, f, at + 5, 2))),
    FREEBLOCK(d -> some(d, DamageKind::isLeaf, 8, (f, at, size) -> noise(d, f, at + 1, 2))),
    PAYLOAD_SIZE_HUGE(d -> cells(d, 3, (f, at, size) -> fill(f, at, 4, 0xff))),
    PAYLOAD_SIZE(d -> cells(d, 3, (f, at, size) -> f[at] = (byte) (f[at] ^ 5))),
    ROWID(d -> cells(d, 3, (f, at, size) -> f[at + 1] = (byte) (f[at + 1] ^ 0x31))),
    SERIAL_TYPES(d -> cells(d, 3, (f, at, size) -> f[at + Math.min(size - 1, 4)] = (byte) 11)),
    CELL_NOISE(d -> cells(d, 5, (f, at, size) -> noise(d, f, at, size))),
    CELL_CONTENT(d -> cells(d, 5, (f, at, size) -> noise(d, f, at + size / 2, size - size / 2))),

    SWAPPED_LEAVES(d -> swap(d, true)),
    SWAPPED_ANY(d -> swap(d, false)),
    MISDIRECTED_WRITE(d -> misdirect(d, u -> DamageKind.isLeaf(u))),
    MISDIRECTED_OVER_INTERIOR(d -> misdirect(d, u -> DamageKind.isInterior(u))),
    TORN_SECTOR_ZERO(d -> sectors(d, 1, true)),
    TORN_SECTOR_NOISE(d -> sectors(d, 1, false)),
    TORN_SECTORS(d -> sectors(d, 6, true)),
    FLIP_1(d -> flips(d, 1)),
    FLIPS_10(d -> flips(d, 10)),
    FLIPS_100(d -> flips(d, 100)),
    TRUNCATED_HALF(d ->
            truncate(d, d.main().length / 2 / d.victim().pageSize() * d.victim().pageSize())),
    TRUNCATED_ANYWHERE(d -> truncate(d, d.main().length / 4 + d.random().nextInt(d.main().length * 3 / 4))),
    TRUNCATED_LAST_PAGE(d -> truncate(d, d.main().length - d.victim().pageSize())),
    TRUNCATED_PARTIAL_PAGE(d -> truncate(d, d.main().length - d.victim().pageSize() / 3)),
    SHIFTED_IN(d -> shift(d, 1 + d.random().nextInt(5000))),
    SHIFTED_IN_PAGES(d -> shift(d, d.victim().pageSize())),
    SHIFTED_OUT(d -> shift(d, -(1 + d.random().nextInt(Math.min(d.victim().pageSize() * 2, d.main().length / 2))))),
    SHIFTED_OUT_SECTOR(d -> shift(d, -512)),
    FRONT_OVERWRITTEN_512(d -> noise(d, d.main(), 0, 512)),
    FRONT_OVERWRITTEN(d -> noise(
            d, d.main(), 0, Math.min(d.main().length / 3, 4096 + d.random().nextInt(16384)))),
    FRONT_ZEROED(d ->
            fill(d.main(), 0, Math.min(d.main().length / 3, 4096 + d.random().nextInt(16384)), 0)),
    TAIL_OVERWRITTEN(d -> noise(d, d.main(), d.main().length - d.main().length / 5, d.main().length / 5)),
    TAIL_GARBAGE(d ->
            d.files().set(Part.MAIN, joined(d.main(), bytes(d, 1 + d.random().nextInt(9000))))),
    HOLE(d -> fill(d.main(), d.main().length / 3, d.main().length / 6, 0)),
    LINE_ENDS(d -> lineEnds(d)),

    FREELIST_TRUNK(d -> one(d, u -> u.use() == Use.FREE_TRUNK, wild(d))),
    FREELIST_ZERO(d -> all(d, u -> u.use() == Use.FREE_TRUNK, DamageKind::zero)),
    OVERFLOW_ZERO(d -> one(d, u -> u.use() == Use.OVERFLOW, DamageKind::zero)),
    OVERFLOW_POINTER(d -> some(d, u -> u.use() == Use.OVERFLOW, 10, (f, at, size) -> noise(d, f, at, 4))),
    OVERFLOWS_TENTH_NOISE(d -> some(d, u -> u.use() == Use.OVERFLOW, 10, wild(d))),
    POINTER_MAP(d -> all(d, u -> u.use() == Use.POINTER_MAP, wild(d))),

    WAL_HEADER_ZERO(d -> fill(wal(d), 0, 32, 0)),
    WAL_HEADER_BIT(d -> wal(d)[d.random().nextInt(32)] ^= 16),
    WAL_FRAME_ZERO(d -> frame(d, (f, at, size) -> fill(f, at, size, 0))),
    WAL_FRAME_BIT(d -> frame(d, (f, at, size) -> f[at + 24 + d.random().nextInt(size - 24)] ^= 4)),
    WAL_FRAME_HEADER(d -> frame(d, (f, at, size) -> noise(d, f, at, 24))),
    WAL_FRAME_CHECKSUM(d -> frame(d, (f, at, size) -> noise(d, f, at + 16, 8))),
    WAL_FRAME_SALT(d -> frame(d, (f, at, size) -> noise(d, f, at + 8, 8))),
    WAL_FRAMES(d -> {
        for (int i = 0; i < 5; i++) {
            frame(d, (f, at, size) -> noise(d, f, at + 24 + size / 3, 40));
        }
    }),
    WAL_TAIL_CUT(d -> d.files()
            .set(Part.WAL, Arrays.copyOf(wal(d), wal(d).length - 1 - d.random().nextInt(wal(d).length / 3)))),
    WAL_FRONT_ZERO(d -> fill(wal(d), 0, wal(d).length / 4, 0)),
    WAL_AND_PAGE1(d -> {
        fill(wal(d), 0, 32, 0);
        fill(d.main(), 0, Math.min(d.main().length, d.victim().pageSize()), 0);
    }),
    WAL_MAIN_EMPTY(d -> d.files().set(Part.MAIN, new byte[0])),

    JOURNAL_FIRST_BYTE(d -> journal(d)[0] = 0),
    JOURNAL_HEADER_ZERO(d -> fill(journal(d), 0, 28, 0)),
    JOURNAL_HEADER_NOISE(d -> noise(d, journal(d), 0, 28)),
    JOURNAL_COUNT(d -> noise(d, journal(d), 8, 4)),
    JOURNAL_NONCE(d -> noise(d, journal(d), 12, 4)),
    JOURNAL_RECORD(d -> record(d, (f, at, size) -> noise(d, f, at + 4 + size / 3, 30))),
    JOURNAL_RECORD_NUMBER(d -> record(d, (f, at, size) -> noise(d, f, at, 4))),
    JOURNAL_RECORD_CHECKSUM(d -> record(d, (f, at, size) -> noise(d, f, at + size - 4, 4))),
    JOURNAL_TRUNCATED(d -> d.files().set(Part.JOURNAL, Arrays.copyOf(journal(d), journal(d).length / 2))),
    JOURNAL_AND_MAIN(d -> {
        record(d, (f, at, size) -> noise(d, f, at + 4 + size / 3, 30));
        fill(d.main(), 0, 100, 0);
    }),

    PAGE1_AND_INTERIORS(d -> {
        PAGE1_ZERO.action.hurt(d);
        INTERIORS_ALL_ZERO.action.hurt(d);
    }),
    LEAVES_AND_SCHEMA_TEXT(d -> {
        LEAVES_TENTH_ZERO.action.hurt(d);
        SCHEMA_TEXT.action.hurt(d);
    }),
    HEADER_AND_ROOT(d -> {
        HEADER_ZERO.action.hurt(d);
        ROOT_ZERO.action.hurt(d);
    }),
    TRUNCATED_AND_FLIPS(d -> {
        FLIPS_10.action.hurt(d);
        TRUNCATED_ANYWHERE.action.hurt(d);
    });

    private interface Action {
        void hurt(Damaged damaged);
    }

    /** Changes bytes of one file. */
    private interface Hurt {
        void at(byte[] file, int offset, int size);
    }

    /** Thrown by an action whose victim has nothing of what it damages. */
    private static final class DoesNotApply extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final Action action;

    DamageKind(Action action) {
        this.action = action;
    }

    /** A damaged copy; null if the victim has nothing that this damages. */
    public @org.jspecify.annotations.Nullable Damaged hurt(Victim victim, long seed) {
        boolean needsWal = name().startsWith("WAL_");
        boolean needsJournal = name().startsWith("JOURNAL_");
        if (needsWal && victim.files().get(Part.WAL).length == 0
                || needsJournal && victim.files().get(Part.JOURNAL).length == 0
                || !needsWal && victim.files().get(Part.MAIN).length < victim.pageSize() * 2) {
            return null;
        }
        Damaged damaged = new Damaged(victim, new Random(seed * 1_000_003 + (victim.shape() + name()).hashCode()));
        try {
            action.hurt(damaged);
        } catch (DoesNotApply e) {
            return null;
        }
        return damaged.files().equals(victim.files()) ? null : damaged;
    }

    private static boolean isInterior(PageUse use) {
        return use.page() > 1 && use.isRow() && (use.use() == Use.TABLE_INTERIOR || use.use() == Use.INDEX_INTERIOR);
    }

    private static boolean isLeaf(PageUse use) {
        return use.page() > 1
                && use.isRow()
                && !use.owner().equals("sqlite_schema")
                && (use.use() == Use.TABLE_LEAF || use.use() == Use.INDEX_LEAF);
    }

    private static boolean isIndex(PageUse use) {
        return !use.isRow() && (use.use() == Use.INDEX_LEAF || use.use() == Use.INDEX_INTERIOR);
    }

    private static void zero(byte[] file, int at, int size) {
        fill(file, at, size, 0);
    }

    private static Hurt wild(Damaged d) {
        return (file, at, size) -> noise(d, file, at, size);
    }

    private static void fill(byte[] file, int at, int length, int value) {
        int from = Math.min(file.length, at);
        Arrays.fill(file, from, Math.min(file.length, from + length), (byte) value);
    }

    private static void noise(Damaged d, byte[] file, int at, int length) {
        byte[] noise = bytes(d, length);
        int from = Math.min(file.length, at);
        System.arraycopy(noise, 0, file, from, Math.min(length, file.length - from));
    }

    private static byte[] bytes(Damaged d, int length) {
        byte[] noise = new byte[Math.max(0, length)];
        d.random().nextBytes(noise);
        return noise;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }

    private static int count(byte[] file, int page) {
        return (file[page + 3] & 0xff) << 8 | (file[page + 4] & 0xff);
    }

    private static void put16(byte[] file, int at, int value) {
        file[at] = (byte) (value >> 8);
        file[at + 1] = (byte) value;
    }

    private static void page(Damaged d, int page, Hurt hurt) {
        Place place = d.victim().place(page);
        hurt.at(d.files().get(place.part()), place.offset(), d.victim().pageSize());
    }

    private static List<PageUse> matching(Damaged d, Predicate<PageUse> which) {
        List<PageUse> uses = new ArrayList<>();
        for (PageUse use : d.victim().uses()) {
            if (which.test(use)) {
                uses.add(use);
            }
        }
        if (uses.isEmpty()) {
            throw new DoesNotApply();
        }
        Collections.shuffle(uses, d.random());
        return uses;
    }

    private static void one(Damaged d, Predicate<PageUse> which, Hurt hurt) {
        page(d, matching(d, which).get(0).page(), hurt);
    }

    private static void all(Damaged d, Predicate<PageUse> which, Hurt hurt) {
        matching(d, which).forEach(use -> page(d, use.page(), hurt));
    }

    private static void some(Damaged d, Predicate<PageUse> which, int oneOf, Hurt hurt) {
        List<PageUse> uses = matching(d, which);
        uses.subList(0, (uses.size() + oneOf - 1) / oneOf).forEach(use -> page(d, use.page(), hurt));
    }

    private static void cellPointer(Damaged d, byte[] file, int page) {
        int count = count(file, page);
        if (count > 0) {
            put16(file, page + 8 + 2 * d.random().nextInt(count), d.random().nextInt(65536));
        }
    }

    private static List<List<Extent>> rows(Damaged d) {
        List<List<Extent>> rows = new ArrayList<>();
        for (String table : d.victim().truth().keySet()) {
            rows.addAll(d.victim().extents(table).values());
        }
        if (rows.isEmpty()) {
            throw new DoesNotApply();
        }
        Collections.shuffle(rows, d.random());
        return rows;
    }

    private static void cells(Damaged d, int number, Hurt hurt) {
        for (List<Extent> row : rows(d).subList(0, Math.min(number, rows(d).size()))) {
            Extent cell = row.get(0);
            Place place = d.victim().place(cell.page());
            hurt.at(d.files().get(place.part()), place.offset() + cell.offset(), cell.length());
        }
    }

    private static void schema(Damaged d, int entries, int length) {
        List<SchemaEntry> all = new ArrayList<>();
        for (SchemaEntry entry : d.victim().schema()) {
            if (entry.sql().length() > 20) {
                all.add(entry);
            }
        }
        Collections.shuffle(all, d.random());
        for (SchemaEntry entry : all.subList(0, Math.min(entries, all.size()))) {
            Extent cell = entry.extents().get(0);
            Place place = d.victim().place(cell.page());
            byte[] file = d.files().get(place.part());
            int reach = Math.min(entry.sql().length() - 8, cell.length() / 2);
            int at = place.offset()
                    + cell.offset()
                    + cell.length()
                    - 1
                    - d.random().nextInt(Math.max(1, reach));
            if (length == 0) {
                file[at] ^= (byte) (1 << d.random().nextInt(7));
            } else {
                noise(d, file, at, Math.min(length, place.offset() + cell.offset() + cell.length() - at));
            }
        }
    }

    private static void swap(Damaged d, boolean leavesOnly) {
        List<PageUse> uses = matching(d, u -> u.page() > 1 && (!leavesOnly || isLeaf(u)));
        if (uses.size() < 2) {
            throw new DoesNotApply();
        }
        int first = uses.get(0).page();
        int second = uses.get(1).page();
        byte[] one = content(d, first);
        byte[] two = content(d, second);
        put(d, first, two);
        put(d, second, one);
        d.moved(first, d.victim().place(second));
        d.moved(second, d.victim().place(first));
    }

    private static void misdirect(Damaged d, Predicate<PageUse> over) {
        List<PageUse> leaves = matching(d, DamageKind::isLeaf);
        List<PageUse> targets = matching(d, over);
        PageUse from = leaves.get(0);
        PageUse to = targets.get(0).page() == from.page() ? targets.get(targets.size() - 1) : targets.get(0);
        if (to.page() == from.page()) {
            throw new DoesNotApply();
        }
        put(d, to.page(), content(d, from.page()));
        d.moved(from.page(), d.victim().place(to.page()));
    }

    private static byte[] content(Damaged d, int page) {
        Place place = d.victim().place(page);
        return Arrays.copyOfRange(
                d.files().get(place.part()),
                place.offset(),
                place.offset() + d.victim().pageSize());
    }

    private static void put(Damaged d, int page, byte[] content) {
        Place place = d.victim().place(page);
        System.arraycopy(content, 0, d.files().get(place.part()), place.offset(), content.length);
    }

    private static void sectors(Damaged d, int number, boolean isZero) {
        for (int i = 0; i < number; i++) {
            int sectors = d.main().length / 512;
            int at = 512
                    * (d.victim().pageSize() / 512
                            + d.random().nextInt(sectors - d.victim().pageSize() / 512));
            if (isZero) {
                fill(d.main(), at, 512, 0);
            } else {
                noise(d, d.main(), at, 512);
            }
        }
    }

    private static void flips(Damaged d, int number) {
        for (int i = 0; i < number; i++) {
            d.main()[d.random().nextInt(d.main().length)] ^=
                    (byte) (1 << d.random().nextInt(8));
        }
    }

    private static void truncate(Damaged d, int length) {
        d.files().set(Part.MAIN, Arrays.copyOf(d.main(), length));
    }

    private static void shift(Damaged d, int bytes) {
        byte[] main = d.main();
        d.shift(bytes);
        d.files()
                .set(
                        Part.MAIN,
                        bytes > 0 ? joined(bytes(d, bytes), main) : Arrays.copyOfRange(main, -bytes, main.length));
    }

    /** What a transfer as text does: each carriage return before a line feed is lost. */
    private static void lineEnds(Damaged d) {
        byte[] main = d.main();
        int start = main.length / 2;
        int at = -1;
        for (int i = start; i < main.length && at < 0; i++) {
            if (main[i] == '\r') {
                at = i;
            }
        }
        if (at < 0) {
            throw new DoesNotApply();
        }
        byte[] cut = Arrays.copyOf(main, main.length - 1);
        System.arraycopy(main, at + 1, cut, at, main.length - at - 1);
        d.files().set(Part.MAIN, cut);
    }

    private static byte[] wal(Damaged d) {
        return d.files().get(Part.WAL);
    }

    private static byte[] journal(Damaged d) {
        return d.files().get(Part.JOURNAL);
    }

    private static void frame(Damaged d, Hurt hurt) {
        List<Integer> frames = d.victim().copies().frames();
        hurt.at(
                wal(d),
                frames.get(d.random().nextInt(frames.size())),
                24 + d.victim().pageSize());
    }

    private static void record(Damaged d, Hurt hurt) {
        List<Integer> records = d.victim().copies().records();
        if (records.isEmpty()) {
            throw new DoesNotApply();
        }
        hurt.at(
                journal(d),
                records.get(d.random().nextInt(records.size())),
                8 + d.victim().pageSize());
    }
}
