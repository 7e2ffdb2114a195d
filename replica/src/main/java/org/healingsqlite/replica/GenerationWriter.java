package org.healingsqlite.replica;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** Puts the objects of one generation, each once: what is there already must be what is to be put, else somebody else writes here. For one thread. */
final class GenerationWriter {
    private static final int BLOCK_BYTES = 1 << 16;

    private final ReplicaStore store;
    private final String generation;

    GenerationWriter(ReplicaStore store, String generation) {
        this.store = store;
        this.generation = generation;
    }

    /** Puts a whole database; content is not compressed yet. */
    void snapshot(int index, ReplicaStore.Content content) throws IOException {
        if (!store.putIfAbsent(Layout.snapshot(generation, index), compressed(content))) {
            throw new LogChangedException("generation " + generation + " has a snapshot " + index + " already");
        }
    }

    /** Puts a part of a log; content is not compressed yet. One that was put before, without its answer having come back, is as good. */
    void segment(int index, long offset, ReplicaStore.Content content) throws IOException {
        String key = Layout.segment(generation, index, offset);
        if (!store.putIfAbsent(key, compressed(content)) && !isThere(key, content)) {
            throw new LogChangedException("generation " + generation + " has other content at " + key);
        }
    }

    private static ReplicaStore.Content compressed(ReplicaStore.Content content) {
        return out -> {
            try (OutputStream frame = Lz4.to(out)) {
                content.writeTo(frame);
            }
        };
    }

    private boolean isThere(String key, ReplicaStore.Content content) throws IOException {
        try (InputStream there = Lz4.from(store.get(key))) {
            boolean[] same = {true};
            content.writeTo(new OutputStream() {
                @Override
                public void write(int value) throws IOException {
                    write(new byte[] {(byte) value}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    for (int at = from; at < from + length && same[0]; at += BLOCK_BYTES) {
                        int part = Math.min(BLOCK_BYTES, from + length - at);
                        same[0] = Arrays.equals(there.readNBytes(part), Arrays.copyOfRange(bytes, at, at + part));
                    }
                }
            });
            return same[0] && there.read() < 0;
        }
    }
}
