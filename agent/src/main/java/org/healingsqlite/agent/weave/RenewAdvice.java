package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * What a statement or a result set does on the way to something else. After a failure the gate throws, or the method runs again: a statement that a heal had to finalize has
 * been prepared again.
 */
final class RenewAdvice {
    private RenewAdvice() {}

    @Advice.OnMethodEnter
    static @Nullable Object enter() {
        return null;
    }

    @Advice.OnMethodExit(onThrowable = SQLException.class, repeatOn = Advice.OnNonDefaultValue.class)
    @SuppressWarnings("UnusedVariable") // Kept for the next failure.
    static boolean exit(
            @Advice.This Object on,
            @Call String call,
            @Advice.Enter(readOnly = false) @Nullable Object answer,
            @Advice.Thrown @Nullable Throwable failure) {
        if (failure == null) {
            return false;
        }
        answer = Gate.failed(failure, answer, call, on, null);
        return true;
    }
}
