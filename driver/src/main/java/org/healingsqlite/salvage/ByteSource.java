package org.healingsqlite.salvage;

import java.io.IOException;

/** Bytes that can be read anywhere: a file, or what it was before something went through all of it. */
interface ByteSource {

    /** Length in bytes. */
    long size() throws IOException;

    /** Reads a range into an array that it fills; what lies outside is zero. */
    void read(long position, byte[] bytes) throws IOException;

    /** Reads a range; what lies outside is zero. */
    default byte[] read(long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        read(position, bytes);
        return bytes;
    }
}
