package org.healingsqlite.agent.weave;

/** Writes the few instructions that woven code has. */
final class Assembler {
    static final int ACONST_NULL = 1;
    static final int ICONST_M1 = 2;
    static final int ICONST_0 = 3;
    static final int ICONST_1 = 4;
    static final int ICONST_2 = 5;
    static final int LCONST_0 = 9;
    static final int POP = 87;
    static final int DUP = 89;
    static final int DUP2 = 92;
    static final int I2L = 133;
    static final int L2I = 136;
    static final int IRETURN = 172;
    static final int LRETURN = 173;
    static final int DRETURN = 175;
    static final int ARETURN = 176;
    static final int RETURN = 177;

    private static final int NOP = 0;
    private static final int LDC_W = 19;
    private static final int LOAD = 20;
    private static final int STORE = 53;
    private static final int IFEQ = 153;
    private static final int GOTO = 167;
    private static final int GETFIELD = 180;
    private static final int INVOKESTATIC = 184;
    private static final int CHECKCAST = 192;
    private static final int IFNULL = 198;

    private final ConstantPool pool;
    private final Bytes code;

    Assembler(ConstantPool pool, Bytes code) {
        this.pool = pool;
        this.code = code;
    }

    ConstantPool pool() {
        return pool;
    }

    /** The place of the next instruction. */
    int place() {
        return code.length();
    }

    void instruction(int opcode) {
        code.u1(opcode);
    }

    /** Loads an object. */
    void load(int slot) {
        variable(LOAD + 5, slot);
    }

    void load(int type, int slot) {
        variable(LOAD + offsetOf(type), slot);
    }

    void store(int type, int slot) {
        variable(STORE + offsetOf(type), slot);
    }

    /** Where the instruction for a type stands among those for int, long, float, double and objects. */
    private static int offsetOf(int type) {
        return switch (type & 0xff) {
            case Parameters.INTEGER -> 1;
            case Parameters.LONG -> 2;
            case Parameters.FLOAT -> 3;
            case Parameters.DOUBLE -> 4;
            default -> 5;
        };
    }

    private void variable(int opcode, int slot) {
        if (slot > 0xff) {
            throw new IllegalArgumentException("too many variables");
        }
        code.u1(opcode);
        code.u1(slot);
    }

    void constant(String text) {
        code.u1(LDC_W);
        code.u2(pool.string(text));
    }

    void cast(String type) {
        code.u1(CHECKCAST);
        code.u2(pool.type(type));
    }

    void field(String type, String name, String descriptor) {
        code.u1(GETFIELD);
        code.u2(pool.field(type, name, descriptor));
    }

    /** Calls the gate. */
    void call(String method, String descriptor) {
        code.u1(INVOKESTATIC);
        code.u2(pool.method(GateInstaller.NAME, method, descriptor));
    }

    void goTo(int place) {
        int from = place();
        code.u1(GOTO);
        code.u2(place - from);
    }

    /** Jumps over the given number of bytes behind this instruction where null is on the stack. */
    void skipIfNull(int bytes) {
        code.u1(IFNULL);
        code.u2(bytes + 3);
    }

    /** The same where zero, or false, is on the stack. */
    void skipIfZero(int bytes) {
        code.u1(IFEQ);
        code.u2(bytes + 3);
    }

    /** Goes on at a multiple of four, where switches have their tables, and by one instruction at least. */
    void align() {
        do {
            code.u1(NOP);
        } while (code.length() % 4 != 0);
    }
}
