package org.healingsqlite.agent.weave;

/**
 * The parameters of a method as its code has them in its first variables, {@code this} before them. A type is a number as in a class file's frames: its
 * tag, and for a class the number of its constant above that.
 */
final class Parameters {
    static final int TOP = 0;
    static final int INTEGER = 1;
    static final int FLOAT = 2;
    static final int DOUBLE = 3;
    static final int LONG = 4;
    static final int OBJECT = 7;

    private final ConstantPool pool;
    private final int[] types = new int[16];
    private final String descriptor;
    private int count;
    private int slots;

    Parameters(ConstantPool pool, String type, boolean isStatic, String descriptor) {
        this.pool = pool;
        this.descriptor = descriptor;
        if (!isStatic) {
            add(object(pool, type));
        }
        for (int at = 1; descriptor.charAt(at) != ')'; ) {
            int next = endOf(at);
            add(typeAt(at, next));
            at = next;
        }
    }

    /** A class, or an array by its descriptor. */
    static int object(ConstantPool pool, String internalName) {
        return OBJECT | pool.type(internalName) << 8;
    }

    /** How many variables a value takes. */
    static int slotsOf(int type) {
        return type == LONG || type == DOUBLE ? 2 : 1;
    }

    private void add(int type) {
        types[count++] = type;
        slots += slotsOf(type);
    }

    private int endOf(int start) {
        int at = start;
        while (descriptor.charAt(at) == '[') {
            at++;
        }
        return descriptor.charAt(at) == 'L' ? descriptor.indexOf(';', at) + 1 : at + 1;
    }

    private int typeAt(int start, int end) {
        return switch (descriptor.charAt(start)) {
            case 'J' -> LONG;
            case 'D' -> DOUBLE;
            case 'F' -> FLOAT;
            case 'L' -> object(pool, descriptor.substring(start + 1, end - 1));
            case '[' -> object(pool, descriptor.substring(start, end));
            default -> INTEGER;
        };
    }

    int count() {
        return count;
    }

    int type(int index) {
        return types[index];
    }

    /** How many variables they take. */
    int slots() {
        return slots;
    }

    /** Whether there is a parameter, and the first is an object. */
    boolean beginWithAnObject() {
        return descriptor.charAt(1) == 'L';
    }

    /** The internal name of the result's type, which is an object or an array. */
    String result() {
        int start = descriptor.indexOf(')') + 1;
        return descriptor.charAt(start) == 'L'
                ? descriptor.substring(start + 1, descriptor.length() - 1)
                : descriptor.substring(start);
    }
}
