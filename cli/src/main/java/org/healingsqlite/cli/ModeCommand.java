package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mode}: switches healing off and on in a JVM that is running. */
@Command(
        name = "mode",
        description =
                "Switches healing off in a running JVM of the same user (observe), or on again (heal), over JMX and without a restart:"
                        + " of every database that it has open, or of one.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:switched", "1:the JVM cannot be reached, or has no such database open", "3:wrong use"})
final class ModeCommand implements Callable<Integer> {
    /** The beans come within two seconds after the server, which this starts, and under the agent within a second more. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(100);

    /** What to switch to. */
    enum To {
        /** Nothing is healed. */
        observe,
        /** Faults are healed as every connection asked for. */
        heal
    }

    @Parameters(index = "0", paramLabel = "PID", description = "the process id of the JVM")
    private long pid;

    @Parameters(index = "1", paramLabel = "MODE", description = "${COMPLETION-CANDIDATES}")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private To mode;

    @Option(names = "--file", paramLabel = "FILE", description = "this database alone")
    private @Nullable Path file;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        try {
            VirtualMachine jvm = VirtualMachine.attach(Long.toString(pid));
            String address;
            try {
                address = jvm.startLocalManagementAgent();
            } finally {
                jvm.detach();
            }
            try (JMXConnector connector = connect(address)) {
                return tell(switched(connector.getMBeanServerConnection()));
            }
        } catch (IOException | AttachNotSupportedException | JMException e) {
            spec.commandLine().getErr().println("Cannot reach " + pid + ": " + Disclosure.message(e));
            return 1;
        }
    }

    @SuppressWarnings("BanJNDI") // The system gives the address, of a JVM of the same user on this machine.
    private static JMXConnector connect(String address) throws IOException {
        return JMXConnectorFactory.connect(new JMXServiceURL(address));
    }

    /** Switches, and gives the files. */
    private List<String> switched(MBeanServerConnection jvm) throws IOException, JMException, InterruptedException {
        Path only = file == null ? null : file.toAbsolutePath();
        Path real = only == null || !only.toFile().exists() ? only : only.toRealPath();
        ObjectName wanted = new ObjectName("healing-sqlite:type=Database"
                + (real == null ? ",*" : ",file=" + ObjectName.quote(real.toString()) + ",*"));
        long deadlineNanos = System.nanoTime() + LONGEST_WAIT.toNanos();
        Set<ObjectName> beans = jvm.queryNames(wanted, null);
        while (beans.isEmpty() && System.nanoTime() < deadlineNanos) {
            Thread.sleep(PAUSE.toMillis());
            beans = jvm.queryNames(wanted, null);
        }
        List<String> files = new ArrayList<>();
        for (ObjectName bean : beans) {
            jvm.invoke(bean, mode == To.observe ? "observe" : "resume", new Object[0], new String[0]);
            files.add(String.valueOf(jvm.getAttribute(bean, "File")));
        }
        return files.stream().sorted().distinct().toList();
    }

    private int tell(List<String> files) {
        if (files.isEmpty()) {
            spec.commandLine().getErr().println(pid + " has no such database open, or is without healing");
            return 1;
        }
        JsonResult.of(spec).put("pid", pid);
        JsonResult.of(spec).put("mode", mode.name());
        JsonResult.of(spec).put("files", new JsonArray(files));
        files.forEach(each -> spec.commandLine().getOut().println(each + ": " + mode));
        return 0;
    }
}
