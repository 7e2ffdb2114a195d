package org.healingsqlite.testkit.damage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.testkit.damage.DatabaseFiles.Part;

/** Where copies of each page lie: in the main file, in frames of a log of any generation, in records of a journal. */
final class PageCopies {

    /** The first byte of a copy. */
    record Place(Part part, int offset) {}

    private final Map<Integer, List<Place>> places = new HashMap<>();
    private final List<Integer> frames = new ArrayList<>();
    private final List<Integer> records = new ArrayList<>();

    PageCopies(DatabaseFiles files, int pageSize) {
        for (int page = 1; page <= files.get(Part.MAIN).length / pageSize; page++) {
            add(page, Part.MAIN, (page - 1) * pageSize);
        }
        byte[] wal = files.get(Part.WAL);
        for (int frame = 32; frame + 24 + pageSize <= wal.length; frame += 24 + pageSize) {
            frames.add(frame);
            add(u32(wal, frame), Part.WAL, frame + 24);
        }
        journal(files.get(Part.JOURNAL), pageSize);
    }

    private void journal(byte[] journal, int pageSize) {
        int segment = 0;
        while (segment + 28 <= journal.length && u32(journal, segment) == 0xd9d505f9) {
            int sector = u32(journal, segment + 20);
            long count = u32(journal, segment + 8) & 0xffff_ffffL;
            int at = segment + sector;
            for (long i = 0; i < count && at + pageSize + 8 <= journal.length; i++) {
                records.add(at);
                add(u32(journal, at), Part.JOURNAL, at + 4);
                at += pageSize + 8;
            }
            segment = (at + sector - 1) / sector * sector;
        }
    }

    private void add(int page, Part part, int offset) {
        places.computeIfAbsent(page, p -> new ArrayList<>()).add(new Place(part, offset));
    }

    /** From the main file to the newest. */
    List<Place> of(int page) {
        return places.getOrDefault(page, List.of());
    }

    /** Offsets of frame headers. */
    List<Integer> frames() {
        return frames;
    }

    /** Offsets of journal records. */
    List<Integer> records() {
        return records;
    }

    static int u32(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }
}
