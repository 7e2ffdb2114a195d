package org.healingsqlite.agent.weave;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Registering code of the application's own, or taking it away. The gate is told before: a connection that has to move takes it along. */
final class RegisterAdvice {
    private RegisterAdvice() {}

    /** A function. */
    static final class Function {
        private Function() {}

        @Advice.OnMethodEnter
        static void enter(
                @Advice.This Object database,
                @Advice.Argument(0) String name,
                @Advice.Argument(1) @Nullable Object function,
                @Advice.Argument(2) int arguments,
                @Advice.Argument(3) int flags) {
            Gate.registered(database, name, function, arguments, flags);
        }
    }

    /** A collation. */
    static final class Collation {
        private Collation() {}

        @Advice.OnMethodEnter
        static void enter(
                @Advice.This Object database,
                @Advice.Argument(0) String name,
                @Advice.Argument(1) @Nullable Object collation) {
            Gate.registered(database, name, collation, -1, -1);
        }
    }

    /** A function or a collation that is taken away. */
    static final class Gone {
        private Gone() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.This Object database, @Advice.Argument(0) String name) {
            Gate.registered(database, name, null, -1, -1);
        }
    }
}
