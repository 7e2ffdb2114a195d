package org.healingsqlite.agent.weave;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The constant pool of a class file. Constants can be added behind those that are there, which keep their numbers. What runs while an application starts joins
 * strings with {@code concat}: the first {@code +} in a JVM costs milliseconds.
 */
final class ConstantPool {
    private static final int COUNT = 8;
    private static final int FIRST = 10;

    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int STRING = 8;
    private static final int FIELD = 9;
    private static final int METHOD = 10;
    private static final int NAME_AND_TYPE = 12;

    private final byte[] file;
    private final int[] offsets;
    private final int end;
    private final Bytes added = new Bytes(512);
    private final Map<String, Integer> numbers = new HashMap<>();
    private int count;

    ConstantPool(byte[] file) {
        this.file = file;
        this.count = Bytes.u2(file, COUNT);
        this.offsets = new int[count];
        int at = FIRST;
        for (int i = 1; i < count; i++) {
            offsets[i] = at;
            int tag = Bytes.u1(file, at);
            at += sizeOf(tag, at);
            if (tag == 5 || tag == 6) {
                // A long or a double has two numbers.
                i++;
            }
        }
        this.end = at;
    }

    private int sizeOf(int tag, int at) {
        return switch (tag) {
            case UTF8 -> 3 + Bytes.u2(file, at + 1);
            case 5, 6 -> 9;
            case 3, 4, FIELD, METHOD, 11, NAME_AND_TYPE, 17, 18 -> 5;
            case 15 -> 4;
            case CLASS, STRING, 16, 19, 20 -> 3;
            default -> throw new IllegalArgumentException("constant " + tag);
        };
    }

    /** The offset of what follows the pool in the class file. */
    int end() {
        return end;
    }

    /** The text of a UTF-8 constant that the file has. */
    String text(int number) {
        int at = offsets[number];
        return new String(file, at + 3, Bytes.u2(file, at + 1), StandardCharsets.UTF_8);
    }

    /** The internal name of a class constant that the file has. */
    String className(int number) {
        return text(Bytes.u2(file, offsets[number] + 1));
    }

    int utf8(String text) {
        Integer known = numbers.get(text);
        if (known != null) {
            return known;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        added.u1(UTF8);
        added.u2(bytes.length);
        added.add(bytes, 0, bytes.length);
        return numbered(text);
    }

    int type(String internalName) {
        return named(CLASS, "type ".concat(internalName), internalName);
    }

    int string(String text) {
        return named(STRING, "string ".concat(text), text);
    }

    private int named(int tag, String key, String text) {
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        int name = utf8(text);
        added.u1(tag);
        added.u2(name);
        return numbered(key);
    }

    /** A field. A class that is woven refers to one of each name only, and to one method of each. */
    int field(String type, String name, String descriptor) {
        return member(FIELD, "field ".concat(name), type, name, descriptor);
    }

    int method(String type, String name, String descriptor) {
        return member(METHOD, "method ".concat(name), type, name, descriptor);
    }

    private int member(int tag, String key, String type, String name, String descriptor) {
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        int owner = type(type);
        int what = pair(utf8(name), utf8(descriptor));
        added.u1(tag);
        added.u2(owner);
        added.u2(what);
        return numbered(key);
    }

    private int pair(int name, int descriptor) {
        added.u1(NAME_AND_TYPE);
        added.u2(name);
        added.u2(descriptor);
        return count++;
    }

    private int numbered(String key) {
        numbers.put(key, count);
        return count++;
    }

    /** Writes the beginning of the class file, up to and with this pool. */
    void writeTo(Bytes out) {
        if (count > 0xffff) {
            throw new IllegalArgumentException("too many constants");
        }
        out.add(file, 0, COUNT);
        out.u2(count);
        out.add(file, FIRST, end - FIRST);
        out.add(added);
    }
}
