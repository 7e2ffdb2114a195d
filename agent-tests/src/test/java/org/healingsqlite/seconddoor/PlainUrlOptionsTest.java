package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;

/** Under the agent neither a URL nor connection properties give an option: the agent's own places do. */
class PlainUrlOptionsTest {
    @TempDir
    Path directory;

    @Test
    void aCommandInAUrlOrInPropertiesIsNotRun() throws Exception {
        Path proof = directory.resolve("run");
        Path database = directory.resolve("user.db");
        for (String url : List.of(
                "jdbc:sqlite:" + database + "?healing.restoreCommand=touch%20" + proof,
                "jdbc:sqlite:file:" + database + "?healing.restoreCommand=touch%20" + proof,
                "jdbc:sqlite:" + database)) {
            Files.writeString(database, "no database at all ".repeat(400));
            Properties properties = new Properties();
            properties.setProperty("healing.restoreCommand", "touch " + proof);
            try (Connection connection = JDBC.createConnection(url, properties)) {
                Sql.rows(connection, "SELECT count(*) FROM sqlite_schema");
            } catch (SQLException e) {
                assertThat(e.getMessage()).doesNotContain("touch");
            }
            assertThat(proof).doesNotExist();
        }
    }

    @Test
    void aScriptInAUrlIsNotRead() throws Exception {
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE planted (id);");
        try (Connection connection = JDBC.createConnection(
                "jdbc:sqlite:file:" + directory.resolve("app.db") + "?healing.schema=" + script, new Properties())) {
            assertThat(Sql.rows(connection, "SELECT name FROM sqlite_schema")).isEmpty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(path -> path.getFileName().toString())).noneMatch(name -> name.endsWith(".healing"));
        }
    }
}
