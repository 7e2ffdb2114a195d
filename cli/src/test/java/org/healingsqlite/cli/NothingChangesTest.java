package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** {@code status}, {@code check} and {@code plan} look, and change nothing: no name, no byte and no moment of any file in the database's directory. */
class NothingChangesTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();

    /** In which state nobody has left the database open. */
    private enum State {
        CLOSED_IN_WAL_MODE,
        CLOSED_IN_DELETE_MODE,
        /** A process died, and its last commits are in the log only. */
        WITH_A_LOG,
        /** The same, and the index was not copied. */
        WITH_A_LOG_AND_NO_INDEX,
        /** A process died in the middle of a transaction. */
        WITH_A_HOT_JOURNAL
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void lookingChangesNothing(State state) throws Exception {
        Path database = make(state);
        Map<String, String> before = files();

        assertThat(run("status", database.toString())).as(out.toString()).isZero();
        assertThat(run("check", database.toString())).as(out.toString()).isZero();
        assertThat(run("plan", database.toString())).as(out.toString()).isZero();

        assertThat(out.toString()).contains("t, 3 rows").contains("no damage");
        assertThat(files()).isEqualTo(before);
    }

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    /** The files of a database that is open, copied to where nobody has it open. */
    private Path make(State state) throws IOException, SQLException {
        Path database = directory.resolve("app.db");
        Path original = Files.createDirectory(directory.resolve("original")).resolve("app.db");
        boolean wal = state != State.CLOSED_IN_DELETE_MODE && state != State.WITH_A_HOT_JOURNAL;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + original);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = " + (wal ? "WAL" : "DELETE"));
            statement.execute("CREATE TABLE t(k)");
            statement.execute("INSERT INTO t VALUES (1), (2), (3)");
            if (state == State.WITH_A_HOT_JOURNAL) {
                statement.execute("PRAGMA cache_spill = 1");
                statement.execute("PRAGMA cache_size = 1");
                statement.execute("BEGIN");
                statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                        + " INSERT INTO t SELECT zeroblob(200) FROM n");
            }
            if (state.name().startsWith("WITH")) {
                copy(
                        original,
                        database,
                        state == State.WITH_A_LOG_AND_NO_INDEX
                                ? List.of("", "-wal")
                                : List.of("", "-wal", "-shm", "-journal"));
            }
        }
        if (!Files.exists(database)) {
            copy(original, database, List.of(""));
        }
        return database;
    }

    private static void copy(Path from, Path to, List<String> suffixes) throws IOException {
        for (String suffix : suffixes) {
            Path each = Path.of(from + suffix);
            if (Files.exists(each)) {
                Files.copy(each, Path.of(to + suffix), StandardCopyOption.REPLACE_EXISTING);
                Files.setLastModifiedTime(Path.of(to + suffix), FileTime.fromMillis(1_000_000_000_000L));
            }
        }
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                files.put(
                        directory.relativize(each).toString(),
                        Files.getLastModifiedTime(each) + " " + HexFormat.of().formatHex(Files.readAllBytes(each)));
            }
        }
        return files;
    }
}
