package org.healingsqlite.agent.weave;

/**
 * The Code attribute of one method, with an {@link Addition}. The method's own instructions stay what they are; what refers to their places is changed where
 * they move: jumps, exception handlers, line numbers, variables' scopes, frames. Added code is filled up to a multiple of four bytes, so that the tables of switches stay
 * aligned.
 */
final class CodeWeaver {
    /** The first version of class files that has frames. */
    private static final int WITH_FRAMES = 50;

    private static final int IINC = 132;
    private static final int TABLESWITCH = 170;
    private static final int LOOKUPSWITCH = 171;
    private static final int WIDE = 196;
    private static final int GOTO_W = 200;

    /** The sizes of the instructions from 0 to 201 in bytes; 0 for the switches and {@code wide}, whose size is in what follows. */
    private static final String SIZES = "1111111111111111" // constants
            + "232332222211111111111111111111" // bipush to aload
            + "11111111" // array loads
            + "2222211111111111111111111" // stores
            + "11111111" // array stores
            + "111111111" // stack
            + "111111111111111111111111111111111111" // arithmetic
            + "3" // iinc
            + "11111111111111111111" // conversions, comparisons
            + "3333333333333333" // jumps
            + "200" // ret, switches
            + "111111" // returns
            + "3333333" // fields, calls
            + "55" // interface and dynamic calls
            + "32311331104" // new to multianewarray
            + "3355"; // ifnull to jsr_w

    private final byte[] file;
    private final int start;
    private final int size;
    private final ConstantPool pool;
    private final Addition addition;

    /** Where each place of the method's code is in the new code; that of a return is where the code before it begins. */
    private final int[] places;

    private final Bytes code;
    private final Assembler assembler;

    /**
     * The code of a method.
     *
     * @param start where the attribute's content begins in the class file
     */
    CodeWeaver(byte[] file, int start, ConstantPool pool, Addition addition) {
        this.file = file;
        this.start = start;
        this.size = Bytes.u4(file, start + 4);
        this.pool = pool;
        this.addition = addition;
        this.places = new int[size + 1];
        this.code = new Bytes(size + 128);
        this.assembler = new Assembler(pool, code);
    }

    /** Writes the new attribute, without its name. */
    void writeTo(Bytes out) {
        int maxStack = Bytes.u2(file, start);
        int maxLocals = Bytes.u2(file, start + 2);
        int handlers = start + 8 + size;
        int attributes = handlers + 2 + Bytes.u2(file, handlers) * 8;
        int[] variables = addition.variables();

        Frames frames = new Frames(addition.parameters, maxLocals, maxStack);
        addition.before(assembler, frames);
        assembler.align();
        place();
        copy();
        int table = attribute(attributes, "StackMapTable");
        if (table >= 0) {
            frames.copy(file, table + 6, places, maxLocals, variables);
        }
        int end = code.length();
        boolean isGuarded = addition.guardedFrom() >= 0;
        if (isGuarded) {
            addition.afterFailure(assembler, frames);
        }
        if (code.length() > 0x7fff) {
            throw new IllegalArgumentException("too much code");
        }

        Bytes all = new Bytes(code.length() + 512);
        all.u2(maxStack + Addition.STACK);
        all.u2(maxLocals + slots(variables));
        all.u4(code.length());
        all.add(code);
        writeHandlers(all, handlers, isGuarded, end);
        writeAttributes(all, attributes, frames);
        out.u4(all.length());
        out.add(all);
    }

    private static int slots(int[] types) {
        int slots = 0;
        for (int type : types) {
            slots += Parameters.slotsOf(type);
        }
        return slots;
    }

    // ---- Instructions

    /** Finds out where each instruction goes. */
    private void place() {
        int to = code.length();
        for (int at = 0; at < size; ) {
            places[at] = to;
            int opcode = opcode(at);
            if (isReturn(opcode)) {
                to += beforeReturn(opcode).length();
            }
            int length = length(opcode, at);
            to += length;
            at += length;
        }
        places[size] = to;
    }

    private static boolean isReturn(int opcode) {
        return opcode >= 172 && opcode <= Assembler.RETURN;
    }

    private Bytes beforeReturn(int opcode) {
        Bytes bytes = new Bytes(16);
        Assembler more = new Assembler(pool, bytes);
        addition.beforeReturn(more, opcode);
        if (more.place() > 0) {
            more.align();
        }
        return bytes;
    }

    private void copy() {
        for (int at = 0; at < size; ) {
            int opcode = opcode(at);
            int length = length(opcode, at);
            if (isReturn(opcode)) {
                code.add(beforeReturn(opcode));
            }
            if (opcode >= 153 && opcode <= 168 || opcode == 198 || opcode == 199) {
                code.u1(opcode);
                code.u2(jump(at, Bytes.s2(file, start + 8 + at + 1)));
            } else if (opcode == GOTO_W || opcode == GOTO_W + 1) {
                code.u1(opcode);
                code.u4(jump(at, Bytes.u4(file, start + 8 + at + 1)));
            } else if (opcode == TABLESWITCH || opcode == LOOKUPSWITCH) {
                copySwitch(opcode, at, length);
            } else {
                code.add(file, start + 8 + at, length);
            }
            at += length;
        }
    }

    /** By how much to jump now. */
    private int jump(int from, int by) {
        return places[from + by] - places[from];
    }

    private void copySwitch(int opcode, int at, int length) {
        int table = tableOf(at);
        code.add(file, start + 8 + at, table - at);
        code.u4(jump(at, number(table)));
        if (opcode == TABLESWITCH) {
            code.u4(number(table + 4));
            code.u4(number(table + 8));
            for (int entry = table + 12; entry < at + length; entry += 4) {
                code.u4(jump(at, number(entry)));
            }
        } else {
            code.u4(number(table + 4));
            for (int entry = table + 8; entry < at + length; entry += 8) {
                code.u4(number(entry));
                code.u4(jump(at, number(entry + 4)));
            }
        }
    }

    private int opcode(int at) {
        return Bytes.u1(file, start + 8 + at);
    }

    private int number(int at) {
        return Bytes.u4(file, start + 8 + at);
    }

    /** The place of a switch's table: the next multiple of four. */
    private static int tableOf(int at) {
        return (at & ~3) + 4;
    }

    private int length(int opcode, int at) {
        int length = SIZES.charAt(opcode) - '0';
        if (length > 0) {
            return length;
        }
        int table = tableOf(at);
        return switch (opcode) {
            case TABLESWITCH -> table + 12 + 4 * (number(table + 8) - number(table + 4) + 1) - at;
            case LOOKUPSWITCH -> table + 8 + 8 * number(table + 4) - at;
            case WIDE -> opcode(at + 1) == IINC ? 6 : 4;
            default -> throw new IllegalArgumentException("instruction " + opcode);
        };
    }

    // ---- What refers to places

    private void writeHandlers(Bytes out, int from, boolean isGuarded, int end) {
        int count = Bytes.u2(file, from);
        out.u2(count + (isGuarded ? 1 : 0));
        for (int at = from + 2; count > 0; count--, at += 8) {
            out.u2(places[Bytes.u2(file, at)]);
            out.u2(places[Bytes.u2(file, at + 2)]);
            out.u2(places[Bytes.u2(file, at + 4)]);
            out.u2(Bytes.u2(file, at + 6));
        }
        if (isGuarded) {
            // Last in the table: the method's own handlers come first.
            out.u2(addition.guardedFrom());
            out.u2(end);
            out.u2(end);
            out.u2(pool.type(Addition.EXCEPTION));
        }
    }

    /** Frames, line numbers and variables; of the rest nothing matters to a running program. */
    private void writeAttributes(Bytes out, int from, Frames frames) {
        int counted = out.length();
        int count = 0;
        out.u2(0);
        int at = from + 2;
        for (int left = Bytes.u2(file, from); left > 0; left--) {
            String name = pool.text(Bytes.u2(file, at));
            if (name.equals("LineNumberTable")) {
                out.add(file, at, 8);
                int entry = at + 8;
                for (int lines = Bytes.u2(file, at + 6); lines > 0; lines--, entry += 4) {
                    out.u2(places[Bytes.u2(file, entry)]);
                    out.add(file, entry + 2, 2);
                }
                count++;
            } else if (name.equals("LocalVariableTable") || name.equals("LocalVariableTypeTable")) {
                out.add(file, at, 8);
                int entry = at + 8;
                for (int variables = Bytes.u2(file, at + 6); variables > 0; variables--, entry += 10) {
                    int scope = Bytes.u2(file, entry);
                    out.u2(places[scope]);
                    out.u2(places[scope + Bytes.u2(file, entry + 2)] - places[scope]);
                    out.add(file, entry + 4, 6);
                }
                count++;
            }
            at += 6 + Bytes.u4(file, at + 2);
        }
        if (frames.count() > 0 && Bytes.u2(file, 6) >= WITH_FRAMES) {
            out.u2(pool.utf8("StackMapTable"));
            frames.writeTo(out);
            count++;
        }
        out.setU2(counted, count);
    }

    /** The place of an attribute in the class file; -1 where there is none. */
    private int attribute(int from, String name) {
        int at = from + 2;
        for (int left = Bytes.u2(file, from); left > 0; left--) {
            if (pool.text(Bytes.u2(file, at)).equals(name)) {
                return at;
            }
            at += 6 + Bytes.u4(file, at + 2);
        }
        return -1;
    }
}
