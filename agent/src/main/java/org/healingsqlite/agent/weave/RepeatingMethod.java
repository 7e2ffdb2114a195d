package org.healingsqlite.agent.weave;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * A method whose failures go to the gate, which throws or has the method run again from its beginning.
 *
 * <pre>
 *     token = null; Gate.enter(this); argument = Gate.asked(this, argument)
 *   again:
 *     try { copies of the arguments; the body, working on the copies }
 *     catch (SQLException e) { token = Gate.failed(e, token, name, this, argument); goto again }
 * </pre>
 *
 * <p>The body may assign to its parameters, so it gets copies: all its variables move up behind the arguments and the token. The frames follow the
 * same shift, so none has to be computed, which would load classes in the middle of loading one.
 */
final class RepeatingMethod extends MethodVisitor {
    private static final String GATE = GateInstaller.NAME;
    private static final String OBJECT = "java/lang/Object";

    private final JoinPoint point;
    private final String type;
    private final Type[] parameters;
    private final String result;
    private final int token;
    private final int shift;
    private final Label again = new Label();
    private final Label end = new Label();

    RepeatingMethod(MethodVisitor next, String type, JoinPoint point, String descriptor) {
        super(Opcodes.ASM9, next);
        this.type = type;
        this.point = point;
        this.parameters = Type.getArgumentTypes(descriptor);
        this.result = Type.getReturnType(descriptor).getInternalName();
        int size = 1;
        for (Type parameter : parameters) {
            size += parameter.getSize();
        }
        this.token = size;
        this.shift = size + 1;
    }

    @Override
    public void visitCode() {
        super.visitCode();
        if (point.kind == JoinPoint.Kind.HEAL_BATCH) {
            load(Opcodes.ALOAD, 0);
            load(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, type, "batch", "[Ljava/lang/Object;");
            load(Opcodes.ALOAD, 0);
            super.visitFieldInsn(
                    Opcodes.GETFIELD,
                    type,
                    point == JoinPoint.BATCH || point == JoinPoint.OLD_BATCH ? "batchPos" : "batchQueryCount",
                    "I");
            call("batch", "(Ljava/lang/Object;[Ljava/lang/Object;I)Ljava/lang/Object;");
        } else {
            super.visitInsn(Opcodes.ACONST_NULL);
        }
        super.visitVarInsn(Opcodes.ASTORE, token);
        if (point.kind != JoinPoint.Kind.RENEW) {
            load(Opcodes.ALOAD, 0);
            call("enter", "(Ljava/lang/Object;)V");
        }
        if (point == JoinPoint.PREPARE || point == JoinPoint.EXECUTE || point == JoinPoint.QUERY) {
            load(Opcodes.ALOAD, 0);
            load(Opcodes.ALOAD, 1);
            call("asked", "(Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/String;");
            load(Opcodes.ASTORE, 1);
        }
        super.visitLabel(again);
        visitFrameOf(new Object[0], 0);
        super.visitVarInsn(Opcodes.ALOAD, 0);
        super.visitVarInsn(Opcodes.ASTORE, shift);
        int slot = 1;
        for (Type parameter : parameters) {
            super.visitVarInsn(parameter.getOpcode(Opcodes.ILOAD), slot);
            super.visitVarInsn(parameter.getOpcode(Opcodes.ISTORE), slot + shift);
            slot += parameter.getSize();
        }
    }

    /** A frame with the arguments and the token, and nothing of the body. */
    private void visitFrameOf(Object[] stack, int depth) {
        List<Object> locals = outer();
        super.visitFrame(Opcodes.F_NEW, locals.size(), locals.toArray(), depth, stack);
    }

    private List<Object> outer() {
        List<Object> locals = new ArrayList<>();
        locals.add(type);
        for (Type parameter : parameters) {
            locals.add(
                    switch (parameter.getSort()) {
                        case Type.LONG -> Opcodes.LONG;
                        case Type.DOUBLE -> Opcodes.DOUBLE;
                        case Type.FLOAT -> Opcodes.FLOAT;
                        case Type.OBJECT, Type.ARRAY -> parameter.getInternalName();
                        default -> Opcodes.INTEGER;
                    });
        }
        locals.add(OBJECT);
        return locals;
    }

    @Override
    public void visitFrame(int kind, int localCount, Object @Nullable [] locals, int depth, Object @Nullable [] stack) {
        List<Object> all = outer();
        for (int i = 0; i < localCount && locals != null; i++) {
            all.add(locals[i]);
        }
        super.visitFrame(Opcodes.F_NEW, all.size(), all.toArray(), depth, stack);
    }

    @Override
    public void visitVarInsn(int opcode, int slot) {
        super.visitVarInsn(opcode, slot + shift);
    }

    @Override
    public void visitIincInsn(int slot, int increment) {
        super.visitIincInsn(slot + shift, increment);
    }

    @Override
    public void visitLocalVariable(
            String name, String descriptor, @Nullable String signature, Label start, Label stop, int slot) {
        super.visitLocalVariable(name, descriptor, signature, start, stop, slot + shift);
    }

    @Override
    public void visitInsn(int opcode) {
        boolean returns = opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN;
        if (returns && point.kind == JoinPoint.Kind.HEAL_SQL) {
            load(Opcodes.ALOAD, 0);
            load(Opcodes.ALOAD, 1);
            call("ran", "(Ljava/lang/Object;Ljava/lang/String;)V");
        } else if (returns && point.kind == JoinPoint.Kind.HEAL_PREPARED) {
            load(Opcodes.ALOAD, 0);
            load(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, type, "sql", "Ljava/lang/String;");
            call("ran", "(Ljava/lang/Object;Ljava/lang/String;)V");
        } else if (returns && point.kind == JoinPoint.Kind.HEAL_BATCH) {
            load(Opcodes.ALOAD, 0);
            load(Opcodes.ALOAD, token);
            call("ranBatch", "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;");
            super.visitTypeInsn(Opcodes.CHECKCAST, result);
        }
        super.visitInsn(opcode);
    }

    @Override
    public void visitMaxs(int maxStack, int maxLocals) {
        super.visitLabel(end);
        // Last in the table: the body's own handlers come first.
        super.visitTryCatchBlock(again, end, end, "java/sql/SQLException");
        visitFrameOf(new Object[] {"java/sql/SQLException"}, 1);
        load(Opcodes.ALOAD, token);
        super.visitLdcInsn(point.name());
        load(Opcodes.ALOAD, 0);
        if (parameters.length > 0 && parameters[0].getSort() == Type.OBJECT) {
            load(Opcodes.ALOAD, 1);
        } else {
            super.visitInsn(Opcodes.ACONST_NULL);
        }
        call(
                "failed",
                "(Ljava/lang/Throwable;Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;");
        super.visitVarInsn(Opcodes.ASTORE, token);
        super.visitJumpInsn(Opcodes.GOTO, again);
        super.visitMaxs(maxStack, maxLocals);
    }

    /** Loads one of the variables in front of the body's. */
    private void load(int opcode, int slot) {
        super.visitVarInsn(opcode, slot);
    }

    private void call(String method, String descriptor) {
        super.visitMethodInsn(Opcodes.INVOKESTATIC, GATE, method, descriptor, false);
    }
}
