package org.healingsqlite.testkit;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Another process with a JDBC connection, told what to do line by line: {@code open NAME URL}, {@code run NAME SQL}, {@code rows NAME SQL},
 * {@code close NAME}; {@code lock NAME FILE} tells whether another process has a file locked. Each answer is one line, {@code ok ...} or {@code error ...}.
 */
public final class OtherJvm implements AutoCloseable {
    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    private OtherJvm(Process process) {
        this.process = process;
        this.commands = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts a JVM with the class path of this one. */
    public static OtherJvm start() throws IOException {
        return start(System.getProperty("java.home"), List.of(), System.getProperty("java.class.path"));
    }

    /** Starts a JVM of another home, with further options and another class path, which has to hold this class. */
    public static OtherJvm start(String javaHome, List<String> options, String classPath) throws IOException {
        return start(List.of(), Map.of(), javaHome, options, classPath);
    }

    /** As {@link #start(String, List, String)}, by a program that runs another one, with further variables of the environment. */
    static OtherJvm start(
            List<String> by, Map<String, String> environment, String javaHome, List<String> options, String classPath)
            throws IOException {
        List<String> command = new ArrayList<>(by);
        command.addAll(List.of(
                Path.of(javaHome, "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, OtherJvm.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        return new OtherJvm(builder.start());
    }

    public long pid() {
        return process.pid();
    }

    /** Sends a command without waiting for its answer. */
    public void send(String command) throws IOException {
        commands.write(command);
        commands.newLine();
        commands.flush();
    }

    /** The answer to the oldest command not yet answered. */
    public String answer() throws IOException {
        String line = answers.readLine();
        while (line != null && !line.startsWith("ok") && !line.startsWith("error")) {
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException("the other JVM has ended");
        }
        return line;
    }

    /** Sends a command and waits for its answer. */
    public String ask(String command) throws IOException {
        send(command);
        return answer();
    }

    /** Ends the process the hard way: SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Lets the process end by itself, its connections still open. */
    public void end() throws IOException, InterruptedException {
        commands.close();
        process.waitFor();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        commands.close();
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Map<String, Connection> connections = new HashMap<>();
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ", 3);
            try {
                answers.println("ok " + obey(words[0], words[1], words.length > 2 ? words[2] : "", connections));
            } catch (SQLException | IOException | RuntimeException e) {
                answers.println("error " + e.toString().replace('\n', ' '));
            }
        }
    }

    private static String obey(String verb, String name, String text, Map<String, Connection> connections)
            throws SQLException, IOException {
        switch (verb) {
            case "open" -> connections.put(name, DriverManager.getConnection(text));
            case "run" -> Sql.run(connections.get(name), text);
            case "rows" -> {
                return Sql.rows(connections.get(name), text).toString();
            }
            case "lock" -> {
                try (FileChannel channel = FileChannel.open(Path.of(text), StandardOpenOption.WRITE)) {
                    return channel.tryLock() == null ? "taken" : "free";
                }
            }
            case "close" -> connections.remove(name).close();
            default -> throw new IllegalArgumentException(verb);
        }
        return "";
    }
}
