package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.salvage.ProgressListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The worked examples of docs/archive-manifest.md give the rows that the page shows, and tell what it says. */
class ManifestExamplesTest {
    private static final Path PAGE = Path.of("../docs/archive-manifest.md");
    private static final Pattern BLOCK = Pattern.compile("```(\\w+) ?(.*)\n((?s:.*?))```\n");
    private static final int EXAMPLES = 10;

    @TempDir
    Path directory;

    /** An example: its title, and its blocks by kind and argument. */
    record Example(String title, List<Block> blocks) {
        @Override
        public String toString() {
            return title;
        }

        private List<Block> of(String kind) {
            return blocks.stream().filter(block -> block.kind().equals(kind)).toList();
        }
    }

    private record Block(String kind, String argument, String text) {}

    static Stream<Example> examples() throws IOException {
        String page = Files.readString(PAGE);
        List<Example> examples = new ArrayList<>();
        for (String part : page.split("(?m)^### (?=\\d+\\. )", -1)) {
            if (Character.isDigit(part.charAt(0))) {
                List<Block> blocks = new ArrayList<>();
                Matcher matcher = BLOCK.matcher(part);
                while (matcher.find()) {
                    blocks.add(new Block(matcher.group(1), matcher.group(2).strip(), matcher.group(3)));
                }
                examples.add(new Example(part.substring(0, part.indexOf('\n')), blocks));
            }
        }
        return examples.stream();
    }

    @Test
    void thereAreTen() throws IOException {
        assertThat(examples()).hasSize(EXAMPLES);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void anExampleGivesTheRowsThatThePageShows(Example example) throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        for (Block file : example.of("text")) {
            Path path = archive.resolve(file.argument());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.text());
        }
        Files.writeString(
                archive.resolve(Manifest.FILE), example.of("properties").get(0).text());
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"))) {
            try (Statement statement = database.createStatement()) {
                statement.executeUpdate(example.of("sql").get(0).text());
            }
            ImportReport report = load(archive, database);

            Map<String, String> found = new LinkedHashMap<>();
            Map<String, String> expected = new LinkedHashMap<>();
            for (Block rows : example.of("rows")) {
                expected.put(rows.argument(), rows.text());
                found.put(rows.argument(), rows(database, rows.argument()));
            }
            assertThat(found).isEqualTo(expected);
            assertThat(report.problems().stream().map(Problem::toString).toList())
                    .isEqualTo(example.of("told").stream()
                            .flatMap(block -> block.text().lines())
                            .toList());
            assertThat(report.countsAgree()).isTrue();

            ImportReport again = load(archive, database);
            for (Block rows : example.of("rows")) {
                assertThat(rows(database, rows.argument())).isEqualTo(rows.text());
            }
            assertThat(again.insertedRows()).isZero();
        }
    }

    private static ImportReport load(Path archive, Connection database) throws Exception {
        return ArchiveImport.of(Archive.open(archive)).into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
    }

    private static String rows(Connection database, String table) throws SQLException {
        StringBuilder text = new StringBuilder();
        try (Statement statement = database.createStatement()) {
            StringJoiner columns = new StringJoiner(", ");
            try (ResultSet row = statement.executeQuery("PRAGMA table_info(" + table + ")")) {
                while (row.next()) {
                    columns.add("quote(" + row.getString("name") + ")");
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT " + columns + " FROM " + table + " ORDER BY rowid")) {
                while (row.next()) {
                    StringJoiner values = new StringJoiner(" | ", "", "\n");
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                        values.add(row.getString(i).replace('\n', '⏎'));
                    }
                    text.append(values);
                }
            }
        }
        return text.toString();
    }
}
