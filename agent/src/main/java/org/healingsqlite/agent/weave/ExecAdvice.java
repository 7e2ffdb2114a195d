package org.healingsqlite.agent.weave;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Running SQL past all statements. The gate is told when it has run. */
final class ExecAdvice {
    private ExecAdvice() {}

    @Advice.OnMethodExit
    static void exit(@Advice.This Object database, @Advice.Argument(0) @Nullable String sql) {
        Gate.exec(database, sql);
    }
}
