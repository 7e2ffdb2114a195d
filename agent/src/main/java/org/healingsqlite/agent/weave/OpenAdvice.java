package org.healingsqlite.agent.weave;

import java.sql.SQLException;
import java.util.Properties;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * Opening a connection. Where the gate gives one that heals, sqlite-jdbc does not open any. Where sqlite-jdbc has opened one, the gate is told. Where
 * sqlite-jdbc has failed, the gate gives a connection all the same, or throws.
 */
final class OpenAdvice {
    private OpenAdvice() {}

    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static @Nullable Object enter(
            @Advice.Argument(0) @Nullable String url, @Advice.Argument(1) @Nullable Properties properties) {
        return Gate.open(url, properties);
    }

    @Advice.OnMethodExit(onThrowable = SQLException.class)
    @SuppressWarnings("UnusedVariable") // Assigned to the woven method's own.
    static void exit(
            @Advice.Argument(0) @Nullable String url,
            @Advice.Argument(1) @Nullable Properties properties,
            @Advice.Enter @Nullable Object healing,
            @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) @Nullable Object connection,
            @Advice.Thrown(readOnly = false) @Nullable Throwable failure) {
        if (healing != null) {
            connection = healing;
        } else if (failure == null) {
            Gate.opened(connection, url, properties);
        } else {
            connection = Gate.unopened(failure, url, properties);
            failure = null;
        }
    }
}
