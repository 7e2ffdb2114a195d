package org.healingsqlite.demo.scenario;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.healingsqlite.demo.report.Calls;

/** Several processes of one application on one database, asked all at once. For one thread. */
final class Fleet implements AutoCloseable {
    private final Class<?> main;
    private final List<String> arguments;
    private final Path log;
    private final Calls calls;
    private final List<Peer> peers = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /**
     * Starts the processes; returns once each of them is ready.
     *
     * @param main what each runs
     * @param arguments the same for each
     * @param log the file their logs are appended to
     * @param calls counts each command to each process
     */
    Fleet(int size, Class<?> main, List<String> arguments, Path log, Calls calls) throws SQLException {
        this.main = main;
        this.arguments = List.copyOf(arguments);
        this.log = log;
        this.calls = calls;
        for (int i = 0; i < size; i++) {
            peers.add(Peer.start(main, arguments, log));
        }
        for (Peer peer : peers) {
            peer.answer();
        }
    }

    /** Sends a command to all at once; gives which answer came how often, for a reader. */
    String askAll(String command) throws InterruptedException {
        List<Future<String>> answers = new ArrayList<>();
        for (Peer peer : peers) {
            answers.add(threads.submit(() -> ask(peer, command)));
        }
        Map<String, Integer> counts = new TreeMap<>();
        for (Future<String> answer : answers) {
            counts.merge(result(answer), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .map(count -> count.getValue() + " x " + count.getKey())
                .collect(Collectors.joining("; "));
    }

    private String ask(Peer peer, String command) {
        try {
            return calls.count(() -> peer.ask(command));
        } catch (SQLException | RuntimeException e) {
            return "ERROR " + Calls.message(e);
        }
    }

    private static String result(Future<String> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Kills the process that is there longest with SIGKILL, and lets a new one take its place and do something first. */
    String replaceOne(String firstCommand) throws SQLException, InterruptedException {
        peers.remove(0).kill();
        Peer joining = Peer.start(main, arguments, log);
        peers.add(joining);
        joining.answer();
        return ask(joining, firstCommand);
    }

    @Override
    public void close() throws InterruptedException {
        threads.shutdown();
        for (Peer peer : peers) {
            peer.close();
        }
    }
}
