package org.healingsqlite.agent.weave;

/**
 * What one method of sqlite-jdbc is to do in addition to its own code, which stays as it is, with its variables where they are. New variables come behind
 * those. The code in front of the method's own, before its returns and behind it is written by the methods of this class, in that order.
 */
abstract class Addition {
    static final String EXCEPTION = "java/sql/SQLException";

    /** More stack than any of the added code needs, whatever lies on it. */
    static final int STACK = 8;

    final JoinPoint point;
    final String type;
    final Parameters parameters;
    final int maxLocals;

    Addition(JoinPoint point, String type, Parameters parameters, int maxLocals) {
        this.point = point;
        this.type = type;
        this.parameters = parameters;
        this.maxLocals = maxLocals;
    }

    /** The types of the new variables, which are set as long as the method's own code runs. */
    abstract int[] variables();

    /** Writes what comes first. */
    abstract void before(Assembler code, Frames frames);

    /** Writes what comes before a return instruction: nothing that jumps. */
    abstract void beforeReturn(Assembler code, int opcode);

    /** The place from which on SQLExceptions go to {@link #afterFailure}; -1 where they do not. */
    abstract int guardedFrom();

    /** Writes what comes behind the method's own code, where an SQLException is on the stack. */
    abstract void afterFailure(Assembler code, Frames frames);

    final int[] types() {
        int[] types = new int[parameters.count()];
        for (int i = 0; i < types.length; i++) {
            types[i] = parameters.type(i);
        }
        return types;
    }
}
