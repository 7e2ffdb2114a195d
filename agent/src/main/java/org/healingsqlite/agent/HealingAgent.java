package org.healingsqlite.agent;

import java.io.PrintStream;
import java.lang.instrument.Instrumentation;
import java.util.function.Consumer;
import org.healingsqlite.agent.bridge.Bridge;
import org.healingsqlite.agent.weave.Weaver;
import org.jspecify.annotations.Nullable;

/**
 * The entry points of {@code -javaagent:healing-sqlite-agent.jar[=key=value,...]} and of attaching to a running JVM. Nothing that goes wrong here
 * reaches the application: it runs on with plain sqlite-jdbc, and one line on standard error tells why.
 */
public final class HealingAgent {
    private static boolean started;

    private HealingAgent() {}

    /** Called by the JVM before {@code main}. */
    public static void premain(@Nullable String arguments, Instrumentation instrumentation) {
        start(arguments, instrumentation, false);
    }

    /** Called by the JVM when the agent is attached to it. */
    public static void agentmain(@Nullable String arguments, Instrumentation instrumentation) {
        start(arguments, instrumentation, true);
    }

    private static synchronized void start(
            @Nullable String arguments, Instrumentation instrumentation, boolean isRunning) {
        try {
            if (started) {
                say("is in this JVM already; the options of the second start are not used");
                return;
            }
            String complaint = Bridge.configure(arguments == null ? "" : arguments, instrumentation);
            if (complaint != null) {
                say(complaint + "; the application runs without healing");
                return;
            }
            Weaver.install(instrumentation, isRunning, new Consumer<>() {
                @Override
                public void accept(String line) {
                    say(line);
                }
            });
            started = true;
        } catch (Throwable e) {
            // Even an error of the JVM must not keep the application from starting.
            say("cannot start, the application runs without healing: " + e);
        }
    }

    /** There is no logger yet: the application has not set up its own, and asking for one now would do it in its place. */
    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        PrintStream error = System.err;
        error.println("healing-sqlite-agent: " + line);
    }
}
