package org.healingsqlite.cli;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attach}: brings the agent into a JVM that is running. */
@Command(
        name = "attach",
        description =
                "Brings the agent into a running JVM of the same user; connections that are open heal from then on.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the agent is there", "1:the JVM cannot be reached or refuses agents", "3:wrong use"})
final class AttachCommand implements Callable<Integer> {
    private static final String JAR = "healing-sqlite-agent.jar";

    @Parameters(index = "0", paramLabel = "PID", description = "the process id of the JVM")
    private long pid;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "OPTIONS",
            defaultValue = "",
            description = "as behind the agent's jar: key=value,...")
    @SuppressWarnings("NullAway.Init") // It has a default.
    private String options;

    @Option(
            names = "--agent",
            paramLabel = "JAR",
            description = "the agent; by default " + JAR + " beside this program")
    private @Nullable Path agent;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path jar = jar();
        try {
            VirtualMachine jvm = VirtualMachine.attach(Long.toString(pid));
            try {
                jvm.loadAgent(jar.toAbsolutePath().toString(), options);
            } finally {
                jvm.detach();
            }
            JsonResult.of(spec).put("pid", pid);
            spec.commandLine().getOut().println("the agent is in " + pid);
            return 0;
        } catch (IOException | AttachNotSupportedException | AgentLoadException | AgentInitializationException e) {
            spec.commandLine().getErr().println("Cannot attach to " + pid + ": " + Disclosure.message(e));
            return 1;
        }
    }

    private Path jar() {
        Path given = agent;
        for (Path candidate : given == null ? besideThisProgram() : List.of(given)) {
            if (Files.isRegularFile(candidate)) {
                return candidate;
            }
        }
        throw new ParameterException(
                spec.commandLine(),
                given == null ? JAR + " is not beside this program: name it with --agent" : "No file " + given);
    }

    /** Where the agent of a version is, when this program is in a directory: beside it, in a repository, or in this project's own build. */
    static List<Path> agentsNear(Path directory, String version) {
        String published = "healing-sqlite-agent-" + version + ".jar";
        return List.of(
                directory.resolve(JAR),
                directory.resolve(published),
                directory.resolve("../../healing-sqlite-agent").resolve(version).resolve(published),
                directory.resolve("../../agent/target").resolve(JAR));
    }

    private static List<Path> besideThisProgram() {
        try {
            Path program = Path.of(AttachCommand.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path directory = program.toAbsolutePath().getParent();
            return directory == null ? List.of() : agentsNear(directory, HealingCommand.version());
        } catch (URISyntaxException | IOException e) {
            return List.of();
        }
    }
}
