package org.healingsqlite.agent.weave;

/**
 * What a method's variables and stack hold where branches meet: the StackMapTable of its code, which is read entry by entry, and written anew with
 * complete entries.
 */
final class Frames {
    private static final int UNINITIALIZED = 8;

    private final Bytes out = new Bytes(256);
    private int count;
    private int last = -1;

    /** The frame that was read last: the variables, two-word values counting once, and the stack. */
    private int[] locals;

    private int localCount;
    private int[] stack;
    private int stackCount;

    /** Frames of a method that begins with these variables. */
    Frames(Parameters parameters, int maxLocals, int maxStack) {
        this.locals = new int[Math.max(maxLocals, parameters.count())];
        this.stack = new int[maxStack + 1];
        for (int i = 0; i < parameters.count(); i++) {
            locals[i] = parameters.type(i);
        }
        localCount = parameters.count();
    }

    /**
     * Writes a frame.
     *
     * @param at its place in the code; after that of the frame before
     * @param variables those of the method, before {@code added}; the rest up to {@code slots} is unusable
     * @param added those behind them
     * @param value what is on the stack
     */
    void write(int at, int[] variables, int variableCount, int slots, int[] added, int... value) {
        int used = 0;
        for (int i = 0; i < variableCount; i++) {
            used += Parameters.slotsOf(variables[i]);
        }
        int gap = added.length == 0 ? 0 : slots - used;
        out.u1(255);
        out.u2(at - last - 1);
        out.u2(variableCount + gap + added.length);
        writeTypes(variables, variableCount);
        for (int i = 0; i < gap; i++) {
            out.u1(Parameters.TOP);
        }
        writeTypes(added, added.length);
        out.u2(value.length);
        writeTypes(value, value.length);
        last = at;
        count++;
    }

    private void writeTypes(int[] types, int size) {
        for (int i = 0; i < size; i++) {
            out.u1(types[i]);
            if ((types[i] & 0xff) >= Parameters.OBJECT) {
                out.u2(types[i] >>> 8);
            }
        }
    }

    /**
     * Reads the entries of a method's own table, and writes each with more variables.
     *
     * @param table of the class file, where the number of entries stands
     * @param places where each place of the method's code is now
     */
    void copy(byte[] file, int table, int[] places, int slots, int[] added) {
        int at = table + 2;
        int place = -1;
        for (int entries = Bytes.u2(file, table); entries > 0; entries--) {
            int kind = Bytes.u1(file, at++);
            int delta = kind;
            stackCount = 0;
            if (kind >= 64 && kind < 128) {
                delta = kind - 64;
                at = readStack(file, at, 1, places);
            } else if (kind >= 247) {
                delta = Bytes.u2(file, at);
                at = readWide(file, at + 2, kind, places);
            } else if (kind >= 128) {
                throw new IllegalArgumentException("frame " + kind);
            }
            place += delta + 1;
            int[] value = new int[stackCount];
            System.arraycopy(stack, 0, value, 0, stackCount);
            write(places[place], locals, localCount, slots, added, value);
        }
    }

    private int readWide(byte[] file, int start, int kind, int[] places) {
        int at = start;
        if (kind == 247) {
            return readStack(file, at, 1, places);
        }
        if (kind < 252) {
            localCount -= 251 - kind;
            return at;
        }
        int more = kind - 251;
        if (kind == 255) {
            localCount = 0;
            more = Bytes.u2(file, at);
            at += 2;
        }
        for (; more > 0; more--) {
            locals[localCount++] = type(file, at, places);
            at += sizeOf(file, at);
        }
        return kind == 255 ? readStack(file, at + 2, Bytes.u2(file, at), places) : at;
    }

    private int readStack(byte[] file, int start, int size, int[] places) {
        int at = start;
        for (int i = 0; i < size; i++) {
            stack[i] = type(file, at, places);
            at += sizeOf(file, at);
        }
        stackCount = size;
        return at;
    }

    private static int sizeOf(byte[] file, int at) {
        return Bytes.u1(file, at) >= Parameters.OBJECT ? 3 : 1;
    }

    private static int type(byte[] file, int at, int[] places) {
        int tag = Bytes.u1(file, at);
        if (tag < Parameters.OBJECT) {
            return tag;
        }
        int number = Bytes.u2(file, at + 1);
        return tag | (tag == UNINITIALIZED ? places[number] : number) << 8;
    }

    /** Writes the attribute, without its name; none where there is no frame. */
    void writeTo(Bytes to) {
        to.u4(out.length() + 2);
        to.u2(count);
        to.add(out);
    }

    int count() {
        return count;
    }
}
