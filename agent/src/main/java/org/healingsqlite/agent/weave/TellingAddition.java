package org.healingsqlite.agent.weave;

/** The method tells the gate that it was called, or has returned, and otherwise stays as it is. */
final class TellingAddition extends Addition {
    private static final int[] NONE = {};

    /** Whether what the method tells when it returns is true. */
    private static final int[] TRUTH = {Parameters.INTEGER};

    private int guarded = -1;

    TellingAddition(JoinPoint point, String type, Parameters parameters, int maxLocals) {
        super(point, type, parameters, maxLocals);
    }

    @Override
    int[] variables() {
        return point.kind == JoinPoint.Kind.IDLE || point.kind == JoinPoint.Kind.SAVEPOINT ? TRUTH : NONE;
    }

    @Override
    void before(Assembler code, Frames frames) {
        if (point.kind == JoinPoint.Kind.OPEN) {
            load(code, 0, 1);
            code.call("open", "(Ljava/lang/String;Ljava/util/Properties;)Ljava/lang/Object;");
            code.instruction(Assembler.DUP);
            code.skipIfNull(4);
            code.cast("org/sqlite/SQLiteConnection");
            code.instruction(Assembler.ARETURN);
            frames.write(
                    code.place(),
                    types(),
                    parameters.count(),
                    maxLocals,
                    NONE,
                    Parameters.object(code.pool(), "java/lang/Object"));
            code.instruction(Assembler.POP);
            guarded = code.place();
        } else if (point.kind == JoinPoint.Kind.IDLE) {
            load(code, 0);
            if (point == JoinPoint.AUTO_COMMIT) {
                code.load(Parameters.INTEGER, 1);
                code.call("switching", "(Ljava/lang/Object;Z)Z");
            } else {
                code.instruction(point == JoinPoint.COMMIT ? Assembler.ICONST_1 : Assembler.ICONST_0);
                code.call("ending", "(Ljava/lang/Object;Z)Z");
            }
            code.store(Parameters.INTEGER, maxLocals);
            guarded = code.place();
        } else if (point.kind == JoinPoint.Kind.CLOSE) {
            load(code, 0);
            code.call("closing", "(Ljava/lang/Object;)V");
        } else if (point.kind == JoinPoint.Kind.SAVEPOINT) {
            load(code, 0);
            code.call("beginsBySavepoint", "(Ljava/lang/Object;)Z");
            code.store(Parameters.INTEGER, maxLocals);
        } else if (point.kind == JoinPoint.Kind.UNCOMPARABLE) {
            load(code, 0);
            code.field(type, "stmt", "Lorg/sqlite/core/CoreStatement;");
            code.call("uncomparable", "(Ljava/lang/Object;)V");
        } else if (point.kind != JoinPoint.Kind.PAST_JDBC) {
            registered(code);
        }
    }

    private void registered(Assembler code) {
        load(code, 0, 1);
        if (point.kind == JoinPoint.Kind.GONE) {
            code.instruction(Assembler.ACONST_NULL);
        } else {
            load(code, 2);
        }
        if (point.kind == JoinPoint.Kind.FUNCTION) {
            code.load(Parameters.INTEGER, 3);
            code.load(Parameters.INTEGER, 4);
        } else {
            code.instruction(Assembler.ICONST_M1);
            code.instruction(Assembler.ICONST_M1);
        }
        code.call("registered", "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;II)V");
    }

    @Override
    void beforeReturn(Assembler code, int opcode) {
        if (point.kind == JoinPoint.Kind.IDLE && opcode == Assembler.RETURN) {
            load(code, 0);
            code.load(Parameters.INTEGER, maxLocals);
            code.call("idle", "(Ljava/lang/Object;Z)V");
        } else if (point.kind == JoinPoint.Kind.OPEN && opcode == Assembler.ARETURN) {
            code.instruction(Assembler.DUP);
            load(code, 0, 1);
            code.call("opened", "(Ljava/lang/Object;Ljava/lang/String;Ljava/util/Properties;)V");
        } else if (point.kind == JoinPoint.Kind.SAVEPOINT) {
            if (opcode == Assembler.ARETURN) {
                code.instruction(Assembler.DUP);
            } else {
                load(code, 1);
            }
            load(code, 0);
            code.load(Parameters.INTEGER, maxLocals);
            code.instruction(
                    point == JoinPoint.RELEASE_SAVEPOINT
                            ? Assembler.ICONST_1
                            : point == JoinPoint.ROLLBACK_TO ? Assembler.ICONST_2 : Assembler.ICONST_0);
            code.call("savepoint", "(Ljava/lang/Object;Ljava/lang/Object;ZI)V");
        } else if (point.kind == JoinPoint.Kind.PAST_JDBC && opcode == Assembler.RETURN) {
            load(code, 0, 1);
            code.call("exec", "(Ljava/lang/Object;Ljava/lang/String;)V");
        }
    }

    @Override
    int guardedFrom() {
        return guarded;
    }

    @Override
    void afterFailure(Assembler code, Frames frames) {
        frames.write(
                code.place(),
                types(),
                parameters.count(),
                maxLocals,
                variables(),
                Parameters.object(code.pool(), EXCEPTION));
        if (point.kind == JoinPoint.Kind.IDLE) {
            load(code, 0);
            code.constant(point.name());
            code.call("endFailed", "(Ljava/lang/Throwable;Ljava/lang/Object;Ljava/lang/String;)V");
            code.instruction(Assembler.RETURN);
            return;
        }
        load(code, 0, 1);
        code.call("unopened", "(Ljava/lang/Throwable;Ljava/lang/String;Ljava/util/Properties;)Ljava/lang/Object;");
        code.cast("org/sqlite/SQLiteConnection");
        code.instruction(Assembler.ARETURN);
    }

    private static void load(Assembler code, int... slots) {
        for (int slot : slots) {
            code.load(slot);
        }
    }
}
