package org.healingsqlite.differential;

import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;

/**
 * A program that makes random calls on a {@code jdbc:sqlite:} connection and writes down what each gave: two runs of one seed, in JVMs that are set up
 * differently, have to write the same.
 */
public final class OutcomeLog {
    private OutcomeLog() {}

    /** Arguments: the directory for databases, the log, the seed, the number of calls. */
    public static void main(String[] arguments) throws Exception {
        Lane lane = new Lane(
                Files.createDirectories(Path.of(arguments[0])),
                path -> DriverManager.getConnection("jdbc:sqlite:" + path));
        RandomCalls calls = new RandomCalls(Long.parseLong(arguments[2]));
        int count = Integer.parseInt(arguments[3]);
        try (BufferedWriter log = Files.newBufferedWriter(Path.of(arguments[1]))) {
            for (int done = 0; done < count; done++) {
                if (done % Differential.CALLS_PER_SESSION == 0) {
                    Differential.begin(lane);
                }
                RandomCalls.Call call = calls.next(lane);
                // Arguments may hold the time of day, and an object's address is no outcome.
                String words = call.words().replaceAll("(?s)\\[.*", "");
                log.write((words + " -> " + Differential.outcome(call, lane))
                        .replace('\n', ' ')
                        .replaceAll("@[0-9a-f]+", "@"));
                log.newLine();
                if (lane.objects.size() > Differential.MOST_OBJECTS) {
                    lane.objects.subList(1, 20).clear();
                }
            }
        }
    }
}
