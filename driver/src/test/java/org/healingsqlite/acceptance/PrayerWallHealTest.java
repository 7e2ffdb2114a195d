package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.healingsqlite.testkit.PrayerWall;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database of eleven tables is rebuilt from the text that its application writes for people. */
class PrayerWallHealTest {
    private static final long SEED = 27;
    private static final int PRAYERS = 100;

    @TempDir
    Path directory;

    private Path database;
    private Properties options;
    private Map<String, List<String>> before;

    @BeforeEach
    void fill() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, PRAYERS);
        database = directory.resolve("app.db");
        options = new Properties();
        options.setProperty(
                "healing.schema",
                Files.writeString(directory.resolve("schema.sql"), PrayerWall.SCHEMA)
                        .toString());
        options.setProperty(
                "healing.archive",
                wall.write(directory.resolve("text_archives")).toString());
        try (Connection connection = open()) {
            // There was no file: the first open has brought the archive's rows.
            before = PrayerWall.content(connection);
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("oracle.db"))) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate(PrayerWall.SCHEMA);
            }
            Sql.run(connection, "DROP TRIGGER mark_logs");
            connection.setAutoCommit(false);
            wall.fill(connection);
            assertThat(before).isEqualTo(PrayerWall.content(connection));
        }
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, options);
    }

    @Test
    @DisplayName(
            "S2-09, S2-10: the header is overwritten while a connection holds the file; every row is there for the next statement")
    void s2_09_10_everyRowIsThereForTheNextStatement() throws Exception {
        try (Connection connection = open()) {
            Sql.value(connection, "SELECT count(*) FROM prayer");
            byte[] bytes = Files.readAllBytes(database);
            Arrays.fill(bytes, 0, bytes.length, (byte) 0x55);
            Files.write(database, bytes);

            assertThat(Sql.value(connection, "SELECT count(*) FROM prayer_mark"))
                    .isEqualTo(before.get("prayer_mark").size());
            assertThat(PrayerWall.content(connection)).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("S2-10: all files are gone between two runs; every row is there at the next open")
    void s2_10_everyRowIsThereAtTheNextOpen() throws Exception {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }

        try (Connection connection = open()) {
            assertThat(PrayerWall.content(connection)).isEqualTo(before);
        }
    }
}
