package org.healingsqlite.agent.weave;

import java.util.Arrays;

/** Bytes that grow at their end, with numbers as class files have them: the high byte first. */
final class Bytes {
    private byte[] data;
    private int length;

    Bytes(int expected) {
        this.data = new byte[expected];
    }

    static int u1(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }

    static int u2(byte[] bytes, int at) {
        return u1(bytes, at) << 8 | u1(bytes, at + 1);
    }

    static int u4(byte[] bytes, int at) {
        return u2(bytes, at) << 16 | u2(bytes, at + 2);
    }

    /** A signed 16-bit number. */
    static int s2(byte[] bytes, int at) {
        return (short) u2(bytes, at);
    }

    int length() {
        return length;
    }

    void u1(int value) {
        grow(1);
        data[length++] = (byte) value;
    }

    void u2(int value) {
        u1(value >> 8);
        u1(value);
    }

    void u4(int value) {
        u2(value >> 16);
        u2(value);
    }

    void add(byte[] from, int start, int size) {
        grow(size);
        System.arraycopy(from, start, data, length, size);
        length += size;
    }

    void add(Bytes other) {
        add(other.data, 0, other.length);
    }

    /** Writes a 16-bit number over what is there. */
    void setU2(int at, int value) {
        data[at] = (byte) (value >> 8);
        data[at + 1] = (byte) value;
    }

    byte[] toArray() {
        return Arrays.copyOf(data, length);
    }

    private void grow(int by) {
        if (length + by > data.length) {
            data = Arrays.copyOf(data, Math.max(data.length * 2, length + by));
        }
    }
}
