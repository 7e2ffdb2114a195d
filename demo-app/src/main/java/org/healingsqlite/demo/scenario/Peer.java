package org.healingsqlite.demo.scenario;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/** A JVM of its own that answers a line with a line: {@code ok ...} or {@code error ...}. For one thread at a time. */
final class Peer implements AutoCloseable {
    private static final String OK = "ok ";
    private static final String ERROR = "error ";

    private final Process process;
    private final BufferedReader answers;
    private final PrintStream commands;

    private Peer(Process process) {
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /**
     * Starts a class of this class path in another JVM, and does not wait for it.
     *
     * @param log the file its own log is appended to
     */
    static Peer start(Class<?> main, List<String> arguments, Path log) {
        try {
            return new Peer(new ProcessBuilder(ChildProcess.java(main, arguments))
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends a command, and waits for its answer.
     *
     * @throws SQLException where the answer is an error
     */
    String ask(String command) throws SQLException {
        commands.println(command);
        return answer();
    }

    /**
     * Waits for an answer; the first one comes without a command.
     *
     * @throws SQLException where it is an error
     */
    String answer() throws SQLException {
        String line;
        try {
            line = answers.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (line == null) {
            throw new IllegalStateException("process " + process.pid() + " has ended");
        }
        if (line.startsWith(ERROR)) {
            throw new SQLException(line.substring(ERROR.length()));
        }
        if (!line.startsWith(OK)) {
            throw new IllegalStateException("process " + process.pid() + " answered " + line);
        }
        return line.substring(OK.length());
    }

    /** {@code kill -9}; returns once it is dead. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        commands.close();
    }

    /** Lets it end in order. */
    @Override
    public void close() throws InterruptedException {
        commands.close();
        process.waitFor();
    }
}
