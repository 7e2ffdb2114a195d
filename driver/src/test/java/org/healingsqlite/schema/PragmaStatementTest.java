package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PragmaStatementTest {
    /** A PRAGMA as a table, in what is Java and no comment. */
    private static final Pattern AS_TABLE =
            Pattern.compile("(FROM|JOIN)\\s+(main\\.)?pragma_", Pattern.CASE_INSENSITIVE);

    /** Whoever reads one reads a view of the file that has its name. */
    @Test
    void noSourceReadsAPragmaAsATable() throws IOException {
        for (String module : List.of("driver", "agent", "cli")) {
            try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                assertThat(sources.filter(path -> path.toString().endsWith(".java"))
                                .filter(PragmaStatementTest::readsAPragmaAsATable))
                        .isEmpty();
            }
        }
        assertThat(AS_TABLE.matcher("SELECT name FROM pragma_table_info('t')").find())
                .as("the check can see")
                .isTrue();
    }

    private static boolean readsAPragmaAsATable(Path source) {
        try {
            return AS_TABLE.matcher(Files.readString(source)).find();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNameIsOneWhateverIsInIt() throws Exception {
        try (Connection connection = java.sql.DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE \"it's\"\"; a [name]\" (a, b)");
            try (ResultSet rows = statement.executeQuery(PragmaStatement.of("table_info", "it's\"; a [name]"))) {
                assertThat(rows.next()).isTrue();
                assertThat(List.of(rows.getString("name"))).containsExactly("a");
            }
        }
    }
}
