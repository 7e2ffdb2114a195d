package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that were opened once and closed do not fill the heap. */
class ClosedDatabasesMemoryTest {
    private static final int TABLES = 500;

    @TempDir
    Path directory;

    /** What is known of all of them would take 60 MB. */
    @Test
    void aHundredAndFiftyInAHeapOf48Megabytes() throws Exception {
        openAndClose(150, "-Xmx48m");
    }

    @Test
    @Tag("campaign")
    void twoThousandInAHeapOf64Megabytes() throws Exception {
        openAndClose(2_000, "-Xmx64m");
    }

    private void openAndClose(int databases, String heap) throws Exception {
        Path first = directory.resolve("first.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + first);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < TABLES; i++) {
                statement.executeUpdate(
                        "CREATE TABLE customer_table_" + i
                                + " (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, created_at TEXT DEFAULT CURRENT_TIMESTAMP, note TEXT)");
            }
            statement.executeUpdate("INSERT INTO customer_table_7 (id, name) VALUES (1, 'one')");
            connection.commit();
        }
        try (OtherJvm other =
                OtherJvm.start(System.getProperty("java.home"), List.of(heap), System.getProperty("java.class.path"))) {
            for (int i = 0; i < databases; i++) {
                Path database = directory.resolve("app" + i + ".db");
                Files.copy(first, database);
                assertThat(other.ask("open c jdbc:healing:sqlite:" + database)).startsWith("ok");
                assertThat(other.ask("rows c SELECT name FROM customer_table_7"))
                        .isEqualTo("ok [[one]]");
                assertThat(other.ask("close c x")).startsWith("ok");
                if (i > 0) {
                    Files.delete(database);
                }
            }
            // The one that was used longest ago heals as if it were opened for the first time.
            Path oldest = directory.resolve("app0.db");
            assertThat(other.ask("open c jdbc:healing:sqlite:" + oldest)).startsWith("ok");
            Sql.runElsewhere(oldest, "DROP TABLE customer_table_9");
            assertThat(other.ask("rows c SELECT * FROM customer_table_9")).isEqualTo("ok []");
        }
    }
}
