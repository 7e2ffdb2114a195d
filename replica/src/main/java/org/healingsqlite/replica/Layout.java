package org.healingsqlite.replica;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys of a replica. Source: the layout of Litestream 0.3, as its binary writes and reads it; what is under {@code healing/} is ours, and is nothing to Litestream.
 */
final class Layout {
    static final String GENERATIONS = "generations/";
    static final String LEASES = "healing/leases/";

    private static final Pattern SNAPSHOT =
            Pattern.compile("generations/([0-9a-f]{16})/snapshots/([0-9a-f]{8})\\.snapshot\\.lz4");
    private static final Pattern SEGMENT =
            Pattern.compile("generations/([0-9a-f]{16})/wal/([0-9a-f]{8})_([0-9a-f]{8})\\.wal\\.lz4");
    private static final Pattern LEASE = Pattern.compile("healing/leases/([0-9a-f]{16})");

    /** What Litestream 0.5 and later write, in levels. */
    private static final Pattern LTX = Pattern.compile("(.*/)?[0-9a-f]{16}-[0-9a-f]{16}\\.ltx");

    private Layout() {}

    /** A part of a log. */
    record Segment(String generation, int index, long offset) {}

    /** A whole database. */
    record Snapshot(String generation, int index) {}

    static String generation(long random) {
        return HexFormat.of().toHexDigits(random);
    }

    static String generationPrefix(String generation) {
        return GENERATIONS + generation + "/";
    }

    static String snapshot(String generation, int index) {
        return String.format(Locale.ROOT, "generations/%s/snapshots/%08x.snapshot.lz4", generation, index);
    }

    static String segment(String generation, int index, long offset) {
        return String.format(Locale.ROOT, "generations/%s/wal/%08x_%08x.wal.lz4", generation, index, offset);
    }

    static String lease(long number) {
        return String.format(Locale.ROOT, "healing/leases/%016x", number);
    }

    static Optional<Snapshot> snapshotOf(String key) {
        Matcher matcher = SNAPSHOT.matcher(key);
        return matcher.matches()
                ? Optional.of(new Snapshot(matcher.group(1), Integer.parseUnsignedInt(matcher.group(2), 16)))
                : Optional.empty();
    }

    static Optional<Segment> segmentOf(String key) {
        Matcher matcher = SEGMENT.matcher(key);
        return matcher.matches()
                ? Optional.of(new Segment(
                        matcher.group(1),
                        Integer.parseUnsignedInt(matcher.group(2), 16),
                        Long.parseLong(matcher.group(3), 16)))
                : Optional.empty();
    }

    static Optional<Long> leaseOf(String key) {
        Matcher matcher = LEASE.matcher(key);
        return matcher.matches() ? Optional.of(Long.parseUnsignedLong(matcher.group(1), 16)) : Optional.empty();
    }

    static boolean isLtx(String key) {
        return LTX.matcher(key).matches();
    }
}
