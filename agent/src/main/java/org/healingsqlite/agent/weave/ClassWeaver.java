package org.healingsqlite.agent.weave;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One class file, with code added to some of its methods; no member is added, so that loaded classes can be woven as well. Written for this purpose rather than with
 * a library: loading one cost more than everything else that the agent does while an application starts.
 */
final class ClassWeaver {
    private static final int STATIC = 0x0008;
    private static final int NATIVE_OR_ABSTRACT = 0x0500;

    private final byte[] file;
    private final List<JoinPoint> points;
    private final ConstantPool pool;
    private final String type;

    private ClassWeaver(byte[] file, List<JoinPoint> points) {
        this.file = file;
        this.points = points;
        this.pool = new ConstantPool(file);
        this.type = pool.className(Bytes.u2(file, pool.end() + 2));
    }

    /**
     * Weaves a class.
     *
     * @param points those of this class; which of them it has depends on the release of sqlite-jdbc
     * @throws RuntimeException where something in the class file is not as it is in all known releases
     */
    static byte[] woven(byte[] classFile, List<JoinPoint> points) {
        return new ClassWeaver(classFile, points).woven();
    }

    private byte[] woven() {
        int methods = afterMembers(pool.end() + 8 + 2 * Bytes.u2(file, pool.end() + 6));
        int count = Bytes.u2(file, methods);
        JoinPoint[] wanted = wanted(methods + 2, count);
        Bytes woven = new Bytes(file.length + 4096);
        int at = methods + 2;
        for (int i = 0; i < count; i++) {
            int next = afterMember(at);
            JoinPoint point = wanted[i];
            if (point == null) {
                woven.add(file, at, next - at);
            } else {
                weave(point, at, woven);
            }
            at = next;
        }
        Bytes all = new Bytes(file.length + 8192);
        pool.writeTo(all);
        all.add(file, pool.end(), methods + 2 - pool.end());
        all.add(woven);
        all.add(file, at, file.length - at);
        return all.toArray();
    }

    /** The join points at the methods, each by the place of its method; null where there is none. */
    private @Nullable JoinPoint[] wanted(int first, int count) {
        @Nullable JoinPoint[] found = new JoinPoint[count];
        List<JoinPoint> declared = new ArrayList<>();
        int at = first;
        for (int i = 0; i < count; i++) {
            JoinPoint point = pointAt(at);
            if (point != null) {
                found[i] = point;
                declared.add(point);
            }
            at = afterMember(at);
        }
        for (int i = 0; i < count; i++) {
            JoinPoint point = found[i];
            if (point != null && point.isReplacedBy(declared)) {
                found[i] = null;
            }
        }
        return found;
    }

    private @Nullable JoinPoint pointAt(int method) {
        if ((Bytes.u2(file, method) & NATIVE_OR_ABSTRACT) != 0) {
            return null;
        }
        String name = pool.text(Bytes.u2(file, method + 2));
        for (JoinPoint point : points) {
            if (point.method.equals(name)
                    && pool.text(Bytes.u2(file, method + 4)).startsWith(point.parameters)) {
                return point;
            }
        }
        return null;
    }

    private void weave(JoinPoint point, int method, Bytes out) {
        out.add(file, method, 8);
        int at = method + 8;
        for (int left = Bytes.u2(file, method + 6); left > 0; left--) {
            int end = at + 6 + Bytes.u4(file, at + 2);
            if (pool.text(Bytes.u2(file, at)).equals("Code")) {
                out.add(file, at, 2);
                boolean isStatic = (Bytes.u2(file, method) & STATIC) != 0;
                Parameters parameters = new Parameters(pool, type, isStatic, pool.text(Bytes.u2(file, method + 4)));
                int maxLocals = Bytes.u2(file, at + 8);
                Addition addition = point.repeats()
                        ? new RepeatingAddition(point, type, parameters, maxLocals, pool)
                        : new TellingAddition(point, type, parameters, maxLocals);
                new CodeWeaver(file, at + 6, pool, addition).writeTo(out);
            } else {
                out.add(file, at, end - at);
            }
            at = end;
        }
    }

    /** The place behind all fields, or all methods, whose number stands at the given one. */
    private int afterMembers(int start) {
        int at = start + 2;
        for (int left = Bytes.u2(file, start); left > 0; left--) {
            at = afterMember(at);
        }
        return at;
    }

    private int afterMember(int start) {
        int at = start + 8;
        for (int left = Bytes.u2(file, start + 6); left > 0; left--) {
            at += 6 + Bytes.u4(file, at + 2);
        }
        return at;
    }
}
