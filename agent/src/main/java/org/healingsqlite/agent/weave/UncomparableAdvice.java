package org.healingsqlite.agent.weave;

import net.bytebuddy.asm.Advice;

/** Asking a result set for what is not compared when a transaction runs again. The gate is told: that transaction is not replayed. */
final class UncomparableAdvice {
    private UncomparableAdvice() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.FieldValue("stmt") Object statement) {
        Gate.uncomparable(statement);
    }
}
