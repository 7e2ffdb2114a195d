package org.healingsqlite.agent.weave;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** One class file, with code added to some of its methods; no member is added, so that loaded classes can be woven as well. */
final class ClassWeaver extends ClassVisitor {
    private final String type;
    private final List<JoinPoint> points;

    private ClassWeaver(ClassVisitor next, String type, List<JoinPoint> points) {
        super(Opcodes.ASM9, next);
        this.type = type;
        this.points = points;
    }

    static byte[] woven(byte[] classFile, List<JoinPoint> points) {
        ClassReader reader = new ClassReader(classFile);
        List<JoinPoint> declared = declared(reader, points);
        List<JoinPoint> wanted = new ArrayList<>();
        for (JoinPoint point : declared) {
            if (!point.isReplacedBy(declared)) {
                wanted.add(point);
            }
        }
        ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
        reader.accept(new ClassWeaver(writer, reader.getClassName(), wanted), ClassReader.EXPAND_FRAMES);
        return writer.toByteArray();
    }

    private static List<JoinPoint> declared(ClassReader reader, List<JoinPoint> points) {
        List<JoinPoint> found = new ArrayList<>();
        reader.accept(
                new ClassVisitor(Opcodes.ASM9) {
                    @Override
                    public @Nullable MethodVisitor visitMethod(
                            int access,
                            String name,
                            String descriptor,
                            @Nullable String signature,
                            String @Nullable [] exceptions) {
                        for (JoinPoint point : points) {
                            if (isAt(point, access, name, descriptor)) {
                                found.add(point);
                            }
                        }
                        return null;
                    }
                },
                ClassReader.SKIP_CODE);
        return found;
    }

    private static boolean isAt(JoinPoint point, int access, String name, String descriptor) {
        return (access & (Opcodes.ACC_NATIVE | Opcodes.ACC_ABSTRACT)) == 0
                && point.method.equals(name)
                && descriptor.startsWith(point.parameters);
    }

    @Override
    public MethodVisitor visitMethod(
            int access, String name, String descriptor, @Nullable String signature, String @Nullable [] exceptions) {
        MethodVisitor method = super.visitMethod(access, name, descriptor, signature, exceptions);
        for (JoinPoint point : points) {
            if (isAt(point, access, name, descriptor)) {
                return switch (point.kind) {
                    case HEAL, HEAL_SQL, HEAL_PREPARED, HEAL_BATCH, RENEW ->
                        new RepeatingMethod(method, type, point, descriptor);
                    case OPEN, IDLE, CLOSE, FUNCTION, COLLATION, GONE -> new TellingMethod(method, point);
                };
            }
        }
        return method;
    }
}
