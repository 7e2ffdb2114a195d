package org.healingsqlite.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Another user of this machine: a number without an entry in the list of users. Its processes are real ones, started by {@code setpriv}, which only the administrator
 * may do.
 *
 * @param uid of the user
 * @param gid of its only group
 */
public record OtherUser(int uid, int gid) {
    private static final String AGENT = "-javaagent:";

    /** What keeps this process from being another user's; empty where nothing does. */
    public static String obstacle() throws IOException, InterruptedException {
        if (!Planted.isAdministrator()) {
            return "only the administrator can start another user's process";
        }
        try {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            return new OtherUser(20001, 20001).run(java, "-version") == 0 ? "" : "another user cannot run " + java;
        } catch (IOException noSuchProgram) {
            return "setpriv is needed: " + noSuchProgram.getMessage();
        }
    }

    /** Runs a program to its end; its status. */
    public int run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(as(List.of(command)))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        return builder.start().waitFor();
    }

    private List<String> as(List<String> command) {
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"));
        all.addAll(command);
        return all;
    }

    /**
     * Starts a JVM of this user.
     *
     * @param programs where its class path is: see {@link #programs}
     */
    public OtherJvm start(Path programs) throws IOException {
        List<String> classPath = new ArrayList<>();
        try (Stream<Path> all = Files.list(programs)) {
            all.filter(path -> !path.endsWith("agent.jar")).sorted().forEach(path -> classPath.add(path.toString()));
        }
        Path agent = programs.resolve("agent.jar");
        Map<String, String> environment = Files.exists(agent) ? Map.of("JAVA_TOOL_OPTIONS", AGENT + agent) : Map.of();
        return OtherJvm.start(
                as(List.of()),
                environment,
                System.getProperty("java.home"),
                List.of(),
                String.join(File.pathSeparator, classPath));
    }

    /** Copies the class path, and the agent where there is one, to where everybody may read them: a home directory need not be such a place. */
    public static void programs(Path directory) throws IOException {
        Planted.chmod(directory, "rwxr-xr-x");
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            if (!entry.isEmpty() && Files.exists(from)) {
                copy(from, directory.resolve(String.format("%03d-%s", number++, from.getFileName())));
            }
        }
        String options = System.getenv().getOrDefault("JAVA_TOOL_OPTIONS", "");
        if (options.startsWith(AGENT)) {
            copy(Path.of(options.substring(AGENT.length())), directory.resolve("agent.jar"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        for (Path each : Planted.all(from)) {
            Path target = to.resolve(from.relativize(each).toString());
            if (Files.isDirectory(each)) {
                Files.createDirectories(target);
                Planted.chmod(target, "rwxr-xr-x");
            } else {
                Files.copy(each, from.equals(each) ? to : target, StandardCopyOption.REPLACE_EXISTING);
                Planted.chmod(from.equals(each) ? to : target, "rw-r--r--");
            }
        }
    }

    /** Gives a file or directory to this user and its group. */
    public void own(Path path, String permissions) throws IOException {
        Files.setAttribute(path, "unix:uid", uid);
        Files.setAttribute(path, "unix:gid", gid);
        Planted.chmod(path, permissions);
    }
}
