package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S2-33: a process keeps an archive and is killed at any moment; then the database is destroyed. */
class KeptUnderKillTest {
    @TempDir
    Path directory;

    @Test
    void everyAcknowledgedCommitIsBackAfterAKill() throws Exception {
        campaign(6, System.nanoTime());
    }

    @Test
    @Tag("campaign")
    void everyAcknowledgedCommitIsBackAfterThreeHundredKills() throws Exception {
        campaign(300, System.nanoTime());
    }

    private void campaign(int kills, long seed) throws Exception {
        Random random = new Random(seed);
        Path database = directory.resolve("app.db");
        Path archive = directory.resolve("archive");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE kept (t INTEGER, i INTEGER, text TEXT, PRIMARY KEY (t, i))");
        Set<String> acknowledged = new HashSet<>();
        for (int kill = 0; kill < kills; kill++) {
            acknowledged.addAll(run(database, archive, kill, random.nextInt(120)));
            Path restored = directory.resolve("restored" + kill + ".db");
            ArchiveRestore.of(Archive.open(archive)).into(restored, ProgressListener.NONE);

            Set<String> back = keys(restored);
            assertThat(back).as("seed %d, kill %d", seed, kill).containsAll(acknowledged);
            assertThat(keys(database))
                    .as("nothing is invented: seed %d, kill %d", seed, kill)
                    .containsAll(back);
            Files.delete(restored);
            Files.deleteIfExists(restored.resolveSibling(restored.getFileName() + "-wal"));
            Files.deleteIfExists(restored.resolveSibling(restored.getFileName() + "-shm"));
        }
        assertThat(acknowledged).hasSizeGreaterThan(kills);
    }

    private static Set<String> keys(Path database) throws SQLException {
        Set<String> keys = new HashSet<>();
        Sql.rowsElsewhere(database, "SELECT t || ' ' || i FROM kept WHERE text = 'text of ' || i")
                .forEach(row -> keys.add((String) row.get(0)));
        return keys;
    }

    /** What the process acknowledged before it was killed, some commits after the first. */
    private static List<String> run(Path database, Path archive, int round, int acknowledgements) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KeptUnderKillTest.class.getName(),
                        database.toString(),
                        archive.toString(),
                        Integer.toString(round))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> acknowledged = new ArrayList<>();
        try (BufferedReader answers =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith("ok ") && line.endsWith(".")) {
                    acknowledged.add(line.substring(3, line.length() - 1));
                }
                if (acknowledged.size() > acknowledgements) {
                    // Not Process.destroyForcibly: that closes the stream over acknowledgements that are in it.
                    process.toHandle().destroyForcibly();
                }
            }
        }
        process.waitFor();
        return acknowledged;
    }

    /** The process: three connections commit, and one thread writes the rows anew all the time. */
    public static void main(String[] arguments) throws Exception {
        Path database = Path.of(arguments[0]);
        int round = Integer.parseInt(arguments[2]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ArchiveKeeper keeper = ArchiveKeeper.open(database, Path.of(arguments[1]));
        for (int t = 0; t < 3; t++) {
            int thread = round * 3 + t;
            new Thread(() -> commit(keeper, database, thread, out)).start();
        }
        while (keeper.trouble().isEmpty()) {
            keeper.refresh();
        }
        throw new IllegalStateException(keeper.trouble().orElseThrow());
    }

    private static void commit(ArchiveKeeper keeper, Path database, int thread, PrintStream out) {
        try (Connection connection =
                DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=120000&synchronous=NORMAL")) {
            ArchiveKeeper.Watch watch = keeper.watch(connection);
            connection.setAutoCommit(false);
            for (int i = 0; ; i++) {
                Sql.run(connection, "INSERT INTO kept VALUES (" + thread + ", " + i + ", 'text of " + i + "')");
                keeper.commit(watch, connection::commit);
                if (keeper.trouble().isPresent()) {
                    return;
                }
                String acknowledgement = "ok " + thread + " " + i + ".";
                synchronized (out) {
                    out.println(acknowledgement);
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
