package org.healingsqlite.salvage;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The rowids of a table's strays, as ranges that do not meet one another; strays may be added. One thread at a time. */
final class PlacedRows {
    private final List<TableTree.Stray> strays;
    private final TreeMap<Long, Long> ranges = new TreeMap<>();
    private int known;

    PlacedRows(TableTree table) {
        this.strays = table.strays();
    }

    /** Whether some rowid from first to last lies within such a range. */
    boolean meets(long first, long last) {
        learn();
        Map.Entry<Long, Long> before = ranges.floorEntry(last);
        return before != null && before.getValue() >= first;
    }

    /** Whether rowids from first to last are just those between two such ranges, or between the first rowid that there mostly is and such a range. */
    boolean leaveGap(long first, long last) {
        learn();
        Map.Entry<Long, Long> before = ranges.lowerEntry(first);
        boolean begins = before == null ? first == 1 : before.getValue() == first - 1;
        return begins && last != Long.MAX_VALUE && ranges.containsKey(last + 1);
    }

    private void learn() {
        for (; known < strays.size(); known++) {
            add(strays.get(known).first(), strays.get(known).last());
        }
    }

    private void add(long first, long last) {
        long from = first;
        long to = last;
        for (Map.Entry<Long, Long> each = ranges.floorEntry(to);
                each != null && each.getValue() >= from;
                each = ranges.floorEntry(to)) {
            from = Math.min(from, each.getKey());
            to = Math.max(to, each.getValue());
            ranges.remove(each.getKey());
        }
        ranges.put(from, to);
    }
}
