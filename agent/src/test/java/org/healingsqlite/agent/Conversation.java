package org.healingsqlite.agent;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program that somebody talks to: lines to its standard input, and what it prints, both streams, until the awaited line. */
final class Conversation implements AutoCloseable {
    private static final long LONGEST_SECONDS = 120;
    private static final String END = "\0end";

    private final Process process;
    private final BufferedWriter in;
    private final BlockingQueue<String> printed = new LinkedBlockingQueue<>();
    private final List<String> heard = new ArrayList<>();

    Conversation(List<String> command) throws IOException {
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        Thread listener = new Thread(this::listen, "listener");
        listener.setDaemon(true);
        listener.start();
    }

    private void listen() {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                printed.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            printed.add(END);
        }
    }

    /** Says a line, and waits for one that contains a match. */
    String ask(String line, String pattern) throws Exception {
        in.write(line);
        in.newLine();
        in.flush();
        return await(pattern);
    }

    /** The first group of the first line that contains a match; all of the match where it has no group. */
    String await(String pattern) throws Exception {
        Pattern wanted = Pattern.compile(pattern);
        while (true) {
            String line = printed.poll(LONGEST_SECONDS, TimeUnit.SECONDS);
            if (line == null || line.equals(END)) {
                throw new AssertionError("no line with " + pattern + " in\n" + String.join("\n", heard));
            }
            heard.add(line);
            Matcher matcher = wanted.matcher(line);
            if (matcher.find()) {
                return matcher.group(matcher.groupCount() > 0 ? 1 : 0);
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
