package org.healingsqlite.demo.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.testkit.PrayerWall;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;

/** What S2 compares at its end. */
class WallActTest {
    private static Connection database(String schema) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(schema);
        }
        return connection;
    }

    @Test
    void theTablesAreThoseThatTheGeneratorFills() throws Exception {
        String tables = "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index') ORDER BY name";
        try (Connection act = database(Resource.text(WallAct.lost().blueprint().schema()));
                Connection generator = database(PrayerWall.SCHEMA)) {
            assertThat(Sql.rows(act, tables)).isEqualTo(Sql.rows(generator, tables));
        }
    }

    @Test
    void aRowThatIsMissingAndOneThatNobodyWroteAreFound() throws Exception {
        WallAct act = WallAct.lost();
        try (Connection database = database(Resource.text(act.blueprint().schema()))) {
            new PrayerWall(27, 1000).fill(database);
            Sql.run(database, "INSERT INTO user (display_name, welcome_dismissed) VALUES ('somebody new', 0)");
            assertThat(act.inspect(database)).isEmpty();

            Sql.run(database, "UPDATE prayer SET safety_score = NULL WHERE id = 'p0x'");
            Sql.run(database, "UPDATE session SET ip = '' WHERE id = 's2'");
            Sql.run(database, "DELETE FROM invite_token WHERE token = 't1'");
            assertThat(act.inspect(database))
                    .anyMatch(line -> line.startsWith("prayer: missing"))
                    .anyMatch(line -> line.startsWith("session: nobody wrote"))
                    .contains("invite_token has 39 rows, and 40 were written");
        }
    }
}
