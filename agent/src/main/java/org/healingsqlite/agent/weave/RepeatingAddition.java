package org.healingsqlite.agent.weave;

/**
 * Failures of the method go to the gate, which throws or has it run again from its beginning.
 *
 * <pre>
 *     token = null; Gate.enter(this, its SQL); argument = Gate.asked(this, argument); copies of the arguments
 *   again:
 *     try { the method }
 *     catch (SQLException e) { token = Gate.failed(e, token, name, this, argument); arguments from the copies; goto again }
 * </pre>
 *
 * <p>Where the method gives a number, {@code if (Gate.isTold(token)) return Gate.told(token)} comes before that.
 */
final class RepeatingAddition extends Addition {
    private static final int[] NONE = {};

    private final int token;
    private final int object;
    private int again;

    RepeatingAddition(JoinPoint point, String type, Parameters parameters, int maxLocals, ConstantPool pool) {
        super(point, type, parameters, maxLocals);
        this.token = maxLocals + parameters.slots();
        this.object = Parameters.object(pool, "java/lang/Object");
    }

    @Override
    int[] variables() {
        int[] types = new int[parameters.count() + 1];
        System.arraycopy(types(), 0, types, 0, parameters.count());
        types[parameters.count()] = object;
        return types;
    }

    @Override
    void before(Assembler code, Frames frames) {
        if (point.kind == JoinPoint.Kind.HEAL_BATCH) {
            boolean isOfTexts = point == JoinPoint.BATCH || point == JoinPoint.OLD_BATCH;
            code.load(0);
            code.load(0);
            code.field(type, "batch", "[Ljava/lang/Object;");
            code.load(0);
            code.field(type, isOfTexts ? "batchPos" : "batchQueryCount", "I");
            code.call("batch", "(Ljava/lang/Object;[Ljava/lang/Object;I)Ljava/lang/Object;");
        } else {
            code.instruction(Assembler.ACONST_NULL);
        }
        code.store(object, token);
        if (point.kind != JoinPoint.Kind.RENEW) {
            code.load(0);
            sqlToRun(code);
            code.call("enter", "(Ljava/lang/Object;Ljava/lang/String;)V");
        }
        if (point == JoinPoint.PREPARE || point == JoinPoint.EXECUTE || point == JoinPoint.QUERY) {
            code.load(0);
            code.load(1);
            code.call("asked", "(Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/String;");
            code.store(object, 1);
        }
        copy(code, 0, maxLocals);
        again = code.place();
        frames.write(again, types(), parameters.count(), maxLocals, variables());
    }

    /** The text that is about to run, or null. */
    private void sqlToRun(Assembler code) {
        switch (point.kind) {
            case HEAL_SQL -> code.load(1);
            case HEAL_PREPARED -> {
                code.load(0);
                code.field(type, "sql", "Ljava/lang/String;");
            }
            default -> code.instruction(Assembler.ACONST_NULL);
        }
    }

    private void copy(Assembler code, int from, int to) {
        int slot = 0;
        for (int i = 0; i < parameters.count(); i++) {
            int kind = parameters.type(i);
            code.load(kind, from + slot);
            code.store(kind, to + slot);
            slot += Parameters.slotsOf(kind);
        }
    }

    @Override
    void beforeReturn(Assembler code, int opcode) {
        if (point.kind == JoinPoint.Kind.HEAL_SQL) {
            told(code, opcode);
            code.load(maxLocals);
            code.load(maxLocals + 1);
            code.instruction(way(GateRecord.TEXT));
            code.call("ran", "(JLjava/lang/Object;Ljava/lang/String;I)V");
        } else if (point.kind == JoinPoint.Kind.HEAL_PREPARED) {
            told(code, opcode);
            code.load(maxLocals);
            sql(code);
            code.load(maxLocals);
            code.field(type, "batch", "[Ljava/lang/Object;");
            code.load(maxLocals);
            code.field(type, "paramCount", "I");
            code.instruction(way(0));
            code.call("ranPrepared", "(JLjava/lang/Object;Ljava/lang/String;[Ljava/lang/Object;II)V");
        } else if (point.kind == JoinPoint.Kind.HEAL_BATCH) {
            code.load(maxLocals);
            code.load(token);
            sql(code);
            code.call(
                    "ranBatch",
                    "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/Object;");
            code.cast(parameters.result());
        } else {
            seen(code, opcode);
        }
    }

    private void sql(Assembler code) {
        code.load(maxLocals);
        code.field(type, "sql", "Ljava/lang/String;");
    }

    /** Puts what the method gives, if it is a number, on the stack once more, as a {@code long}. */
    private static void told(Assembler code, int opcode) {
        switch (opcode) {
            case Assembler.LRETURN -> code.instruction(Assembler.DUP2);
            case Assembler.IRETURN -> {
                code.instruction(Assembler.DUP);
                code.instruction(Assembler.I2L);
            }
            default -> code.instruction(Assembler.LCONST_0);
        }
    }

    /** The instruction that loads how the method runs a statement. */
    private int way(int added) {
        int way = switch (point) {
            case QUERY, PREPARED_QUERY -> GateRecord.QUERY;
            case UPDATE, OLD_UPDATE, PREPARED_UPDATE, OLD_PREPARED_UPDATE -> GateRecord.UPDATE;
            default -> GateRecord.EXECUTE;
        };
        return Assembler.ICONST_0 + way + added;
    }

    private void seen(Assembler code, int opcode) {
        String[] seen = point.seen();
        if (seen == null) {
            return;
        }
        code.instruction(opcode == Assembler.LRETURN || opcode == Assembler.DRETURN ? Assembler.DUP2 : Assembler.DUP);
        code.load(maxLocals);
        code.field(type, "stmt", "Lorg/sqlite/core/CoreStatement;");
        if (parameters.count() > 1) {
            code.load(Parameters.INTEGER, maxLocals + 1);
        }
        code.call(seen[0], seen[1]);
    }

    @Override
    int guardedFrom() {
        return again;
    }

    @Override
    void afterFailure(Assembler code, Frames frames) {
        frames.write(code.place(), NONE, 0, maxLocals, variables(), Parameters.object(code.pool(), EXCEPTION));
        code.load(token);
        code.constant(point.name());
        code.load(maxLocals);
        if (parameters.beginWithAnObject()) {
            code.load(maxLocals + 1);
        } else {
            code.instruction(Assembler.ACONST_NULL);
        }
        code.call(
                "failed",
                "(Ljava/lang/Throwable;Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;");
        if (point.kind == JoinPoint.Kind.HEAL_SQL || point.kind == JoinPoint.Kind.HEAL_PREPARED) {
            returnWhatIsTold(code, frames);
        }
        code.store(object, token);
        copy(code, maxLocals, 0);
        code.goTo(again);
    }

    /** Where the method gives a number, the gate may know which: what has failed has been applied all the same. */
    private void returnWhatIsTold(Assembler code, Frames frames) {
        boolean isLong = parameters.result().equals("J");
        if (!isLong && !parameters.result().equals("I") && !parameters.result().equals("Z")) {
            return;
        }
        code.instruction(Assembler.DUP);
        code.call("isTold", "(Ljava/lang/Object;)Z");
        code.skipIfZero(isLong ? 4 : 5);
        code.call("told", "(Ljava/lang/Object;)J");
        if (isLong) {
            code.instruction(Assembler.LRETURN);
        } else {
            code.instruction(Assembler.L2I);
            code.instruction(Assembler.IRETURN);
        }
        frames.write(code.place(), NONE, 0, maxLocals, variables(), object);
    }
}
