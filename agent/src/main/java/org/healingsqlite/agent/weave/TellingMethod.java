package org.healingsqlite.agent.weave;

import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** A method that tells the gate that it was called, or has returned, and otherwise stays as it is. */
final class TellingMethod extends MethodVisitor {
    private static final String GATE = GateInstaller.NAME;

    private final JoinPoint point;
    private final Label start = new Label();

    TellingMethod(MethodVisitor next, JoinPoint point) {
        super(Opcodes.ASM9, next);
        this.point = point;
    }

    @Override
    public void visitCode() {
        super.visitCode();
        switch (point.kind) {
            case OPEN -> {
                load(0, 1);
                call("open", "(Ljava/lang/String;Ljava/util/Properties;)Ljava/lang/Object;");
                Label plain = new Label();
                super.visitInsn(Opcodes.DUP);
                super.visitJumpInsn(Opcodes.IFNULL, plain);
                super.visitTypeInsn(Opcodes.CHECKCAST, "org/sqlite/SQLiteConnection");
                super.visitInsn(Opcodes.ARETURN);
                super.visitLabel(plain);
                super.visitFrame(
                        Opcodes.F_NEW, 2, new Object[] {"java/lang/String", "java/util/Properties"}, 1, new Object[] {
                            "java/lang/Object"
                        });
                super.visitInsn(Opcodes.POP);
                super.visitLabel(start);
            }
            case IDLE -> {
                load(0);
                if (point == JoinPoint.AUTO_COMMIT) {
                    super.visitVarInsn(Opcodes.ILOAD, 1);
                } else {
                    super.visitInsn(point == JoinPoint.COMMIT ? Opcodes.ICONST_1 : Opcodes.ICONST_0);
                }
                call("ending", "(Ljava/lang/Object;Z)V");
            }
            case CLOSE -> {
                load(0);
                call("closing", "(Ljava/lang/Object;)V");
            }
            case FUNCTION -> {
                load(0, 1, 2);
                super.visitVarInsn(Opcodes.ILOAD, 3);
                super.visitVarInsn(Opcodes.ILOAD, 4);
                callRegistered();
            }
            case COLLATION -> {
                load(0, 1, 2);
                super.visitInsn(Opcodes.ICONST_M1);
                super.visitInsn(Opcodes.ICONST_M1);
                callRegistered();
            }
            case GONE -> {
                load(0, 1);
                super.visitInsn(Opcodes.ACONST_NULL);
                super.visitInsn(Opcodes.ICONST_M1);
                super.visitInsn(Opcodes.ICONST_M1);
                callRegistered();
            }
            default -> {}
        }
    }

    private void callRegistered() {
        call("registered", "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;II)V");
    }

    @Override
    public void visitInsn(int opcode) {
        if (point.kind == JoinPoint.Kind.IDLE && opcode == Opcodes.RETURN) {
            load(0);
            call("idle", "(Ljava/lang/Object;)V");
        } else if (point.kind == JoinPoint.Kind.OPEN && opcode == Opcodes.ARETURN) {
            super.visitInsn(Opcodes.DUP);
            load(0, 1);
            call("opened", "(Ljava/lang/Object;Ljava/lang/String;Ljava/util/Properties;)V");
        }
        super.visitInsn(opcode);
    }

    @Override
    public void visitMaxs(int maxStack, int maxLocals) {
        if (point.kind == JoinPoint.Kind.OPEN) {
            Label end = new Label();
            super.visitLabel(end);
            super.visitTryCatchBlock(start, end, end, "java/sql/SQLException");
            super.visitFrame(
                    Opcodes.F_NEW, 2, new Object[] {"java/lang/String", "java/util/Properties"}, 1, new Object[] {
                        "java/sql/SQLException"
                    });
            load(0, 1);
            call("unopened", "(Ljava/lang/Throwable;Ljava/lang/String;Ljava/util/Properties;)Ljava/lang/Object;");
            super.visitTypeInsn(Opcodes.CHECKCAST, "org/sqlite/SQLiteConnection");
            super.visitInsn(Opcodes.ARETURN);
        }
        super.visitMaxs(maxStack, maxLocals);
    }

    private void load(int... slots) {
        for (int slot : slots) {
            super.visitVarInsn(Opcodes.ALOAD, slot);
        }
    }

    private void call(String method, String descriptor) {
        super.visitMethodInsn(Opcodes.INVOKESTATIC, GATE, method, descriptor, false);
    }
}
