package org.healingsqlite.replica;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;

/**
 * Where replicas are kept: objects by key, whose parts are separated by slashes. An object is there as a whole or not at all, and is durable when the call that put
 * it returns. Thread-safe.
 */
public interface ReplicaStore {

    /**
     * An object, without its content.
     *
     * @param modified when it was put, by the store's clock
     */
    record Entry(String key, long sizeBytes, Instant modified) {}

    /** All objects whose key begins so, by key. */
    List<Entry> list(String prefix) throws IOException;

    /**
     * The content of an object.
     *
     * @throws java.nio.file.NoSuchFileException where there is none
     */
    InputStream get(String key) throws IOException;

    /** Puts an object, in place of what has the key. */
    void put(String key, Content content) throws IOException;

    /**
     * Puts an object where none has the key. Of several at once exactly one succeeds.
     *
     * @return false where one has
     */
    boolean putIfAbsent(String key, Content content) throws IOException;

    /** Deletes an object; nothing where there is none. */
    void delete(String key) throws IOException;

    /** For a reader. */
    @Override
    String toString();

    /** Writes the bytes of an object; may be asked more than once. */
    interface Content {
        void writeTo(java.io.OutputStream out) throws IOException;

        /** Bytes that are there already. */
        static Content of(byte[] bytes) {
            return out -> out.write(bytes);
        }
    }
}
