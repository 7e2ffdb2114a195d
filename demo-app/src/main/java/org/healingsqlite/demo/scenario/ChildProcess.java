package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a command in a process of its own. */
final class ChildProcess {
    private ChildProcess() {}

    /**
     * Runs a command to its end.
     *
     * @throws IOException where it fails, with what it printed
     */
    static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new IOException(String.join(" ", command) + ": exit status " + status + ": " + output);
        }
    }

    /** Runs a class of this class path in another JVM. */
    static void runJava(Class<?> main, List<String> arguments) throws IOException, InterruptedException {
        run(java(main, arguments));
    }

    /** The command that runs a class of this class path in another JVM, with this one's options of healing. */
    static List<String> java(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")));
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("healing."))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }
}
