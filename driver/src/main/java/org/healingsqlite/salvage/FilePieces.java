package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A file put together from pieces of another, each where it was before that was displaced. Between them every bit is set: no page number, length or record
 * begins so, so what is not known is not taken for anything.
 */
final class FilePieces implements ByteSource {

    private record Piece(long at, long place, long length) {
        long end() {
            return at + length;
        }
    }

    private final ByteSource displaced;
    private final List<Piece> pieces = new ArrayList<>();

    FilePieces(ByteSource displaced) {
        this.displaced = displaced;
    }

    /**
     * Adds a piece behind those there are; nothing where it has no bytes.
     *
     * @param at where it was
     * @param place where it is in the displaced file
     */
    void add(long at, long place, long length) {
        if (length <= 0) {
            return;
        }
        if (at < size()) {
            throw new IllegalArgumentException("the piece at " + at + " begins before the last one ends, at " + size());
        }
        pieces.add(new Piece(at, place, length));
    }

    @Override
    public long size() {
        return pieces.isEmpty() ? 0 : pieces.get(pieces.size() - 1).end();
    }

    @Override
    public void read(long position, byte[] bytes) throws IOException {
        long end = position + bytes.length;
        Arrays.fill(bytes, (byte) 0);
        long from = Math.max(0, position);
        long until = Math.min(size(), end);
        if (from >= until) {
            return;
        }
        Arrays.fill(bytes, (int) (from - position), (int) (until - position), (byte) -1);
        for (int i = firstThatEndsBehind(from);
                i < pieces.size() && pieces.get(i).at() < until;
                i++) {
            Piece piece = pieces.get(i);
            long start = Math.max(from, piece.at());
            int length = (int) (Math.min(until, piece.end()) - start);
            byte[] part = displaced.read(piece.place() + start - piece.at(), length);
            System.arraycopy(part, 0, bytes, (int) (start - position), length);
        }
    }

    private int firstThatEndsBehind(long position) {
        int low = 0;
        int high = pieces.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pieces.get(middle).end() > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
