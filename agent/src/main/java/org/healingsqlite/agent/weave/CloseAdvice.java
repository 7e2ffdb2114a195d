package org.healingsqlite.agent.weave;

import net.bytebuddy.asm.Advice;

/** Closing a connection. The gate is told before, and forgets it. */
final class CloseAdvice {
    private CloseAdvice() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object connection) {
        Gate.closing(connection);
    }
}
