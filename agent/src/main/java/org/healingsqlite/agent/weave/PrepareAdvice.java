package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Preparing a statement. The gate looks before it, and may put another text in place of the given one; after a failure it throws, or the method runs again. */
final class PrepareAdvice {
    private PrepareAdvice() {}

    @Advice.OnMethodEnter
    @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
    static @Nullable Object enter(
            @Advice.This Object connection, @Advice.Argument(value = 0, readOnly = false) @Nullable String sql) {
        Gate.enter(connection, null);
        sql = Gate.asked(connection, sql);
        return null;
    }

    @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
    @SuppressWarnings("UnusedVariable") // Kept for the next failure.
    static boolean exit(
            @Advice.This Object connection,
            @Advice.Argument(0) @Nullable String sql,
            @Call String call,
            @Advice.Enter(readOnly = false) @Nullable Object answer,
            @Advice.Thrown @Nullable Throwable failure) {
        if (failure == null) {
            return false;
        }
        answer = Gate.failed(failure, answer, call, connection, sql);
        return true;
    }
}
