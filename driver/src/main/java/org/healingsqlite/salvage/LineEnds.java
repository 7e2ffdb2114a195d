package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.healingsqlite.format.DatabaseHeader;

/**
 * A file that went through a transfer in text mode, which put a CR before every LF: the same file without them. Where a CR was before the LF already
 * there are two now, so what is undone is what there was, byte for byte. One LF without CR proves that there was no such transfer; mostly it is met in
 * the first pages, and a file of the length that its header tells is not searched at all.
 */
final class LineEnds implements ByteSource {

    /** So many pairs without one LF alone are no chance. */
    private static final int FEWEST = 8;

    private static final int CHUNK = 1 << 16;
    /** Bytes of the file as it was from one mark to the next. */
    private static final int STEP = 1 << 16;

    private final ByteSource translated;
    private final long size;
    /** For every {@link #STEP} bytes as they were, where they are now. */
    private final long[] marks;

    private LineEnds(ByteSource translated, long size, long[] marks) {
        this.translated = translated;
        this.size = size;
        this.marks = marks;
    }

    /** The file as it was before; empty if it was not translated. */
    static Optional<ByteSource> undone(ByteSource file) throws IOException {
        if (isAsLongAsItsHeaderTells(file)) {
            return Optional.empty();
        }
        long[] marks = new long[16];
        int count = 0;
        long pairs = 0;
        long was = 0;
        boolean afterReturn = false;
        long length = file.size();
        byte[] chunk = new byte[CHUNK];
        for (long at = 0; at < length; at += CHUNK) {
            file.read(at, chunk);
            int end = (int) Math.min(CHUNK, length - at);
            for (int i = 0; i < end; i++) {
                boolean feed = chunk[i] == '\n';
                if (feed && !afterReturn) {
                    return Optional.empty();
                }
                if (feed) {
                    // Takes the place of the CR before it.
                    pairs++;
                } else {
                    if (was % STEP == 0) {
                        marks = count < marks.length ? marks : Arrays.copyOf(marks, 2 * count);
                        marks[count++] = at + i;
                    }
                    was++;
                }
                afterReturn = chunk[i] == '\r';
            }
        }
        if (pairs < FEWEST) {
            return Optional.empty();
        }
        ByteSource undone = new LineEnds(file, was, Arrays.copyOf(marks, count));
        return isAsLongAsItsHeaderTells(undone)
                        || GeometrySearch.bytesThatClose(undone) > GeometrySearch.bytesThatClose(file)
                ? Optional.of(undone)
                : Optional.empty();
    }

    private static boolean isAsLongAsItsHeaderTells(ByteSource file) throws IOException {
        DatabaseHeader header = DatabaseHeader.of(file.read(0, DatabaseHeader.SIZE));
        return header.plausible()
                && header.pageCount().isPresent()
                && header.pageCount().get() * header.geometry().orElseThrow().pageSizeBytes() == file.size();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long position, byte[] bytes) throws IOException {
        Arrays.fill(bytes, (byte) 0);
        long from = Math.max(0, position);
        long until = Math.min(size, position + bytes.length);
        if (from >= until) {
            return;
        }
        long was = from / STEP * STEP;
        long now = marks[(int) (from / STEP)];
        byte[] chunk = new byte[(int) Math.min(CHUNK, 2 * (until - was) + 2)];
        boolean afterReturn = false;
        while (was < until || afterReturn) {
            translated.read(now, chunk);
            for (int i = 0; i < chunk.length && (was < until || afterReturn); i++) {
                boolean feed = chunk[i] == '\n' && afterReturn;
                long place = feed ? was - 1 : was;
                if (place >= from && place < until) {
                    bytes[(int) (place - position)] = chunk[i];
                }
                was = place + 1;
                afterReturn = chunk[i] == '\r';
            }
            now += chunk.length;
            if (now > translated.size()) {
                break;
            }
        }
    }
}
