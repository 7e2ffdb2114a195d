package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted of rows that come to a table which has some of them already. */
class RowInserterTest {

    private static final String SOUND = "{\"n\":1}";

    @TempDir
    private Path directory;

    private Connection connection;
    private StagingFile staging;

    @BeforeEach
    void connect() throws Exception {
        connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("new.db"));
        staging = new StagingFile(directory.resolve("staged.db"), connection, TextEncoding.UTF_8);
    }

    @AfterEach
    void close() throws Exception {
        staging.close();
        connection.close();
    }

    private RowInserter inserterFor(String table) throws Exception {
        try (Statement statement = connection.createStatement()) {
            // As the new database has it: nothing that a failed statement wrote is taken back.
            statement.execute("PRAGMA journal_mode=OFF");
            statement.execute(table);
        }
        connection.setAutoCommit(false);
        SchemaObject object = new SchemaObject(ObjectType.TABLE, "t", "t", 2, table, SchemaObject.Origin.SCHEMA_TABLE);
        try (SchemaCatalog catalog = SchemaCatalog.of(List.of(object))) {
            TableShape shape = catalog.shape("t", 2, Map.of()).orElseThrow();
            return new RowInserter(
                    connection,
                    TextCast.of(connection, TextEncoding.UTF_8),
                    shape,
                    false,
                    new LostAndFound(Optional.empty(), TextEncoding.UTF_8),
                    staging);
        }
    }

    private static RecordCursor record(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] payload = new byte[2 + bytes.length];
        payload[0] = 2;
        payload[1] = (byte) (13 + 2 * bytes.length);
        System.arraycopy(bytes, 0, payload, 2, bytes.length);
        RecordCursor record = new RecordCursor();
        assertThat(record.moveTo(payload, 0, payload.length)).isTrue();
        return record;
    }

    private static StagedRows rows(int from, int to, long broken) {
        StagedRows rows = new StagedRows();
        rows.clear(false);
        for (int i = from; i <= to; i++) {
            assertThat(rows.add(i, record(i == broken ? "{\"n\";1}" : SOUND), 2))
                    .isTrue();
        }
        return rows;
    }

    private long count(String where) throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM t WHERE " + where)) {
            return row.getLong(1);
        }
    }

    @Test
    void rowsThatWereThereBeforeDoNotCountAgainWhereOneRowEndsTheStatementForAll() throws Exception {
        RowInserter inserter = inserterFor("CREATE TABLE t(a TEXT CHECK(json_extract(a, '$.n') > 0))");

        inserter.insert(rows(1, 100, -1));
        inserter.insert(rows(50, 200, 150));
        inserter.finish();

        assertThat(count("1")).isEqualTo(199);
        assertThat(inserter.tally().written()).isEqualTo(199);
        assertThat(inserter.tally().superseded()).isEqualTo(51);
        assertThat(inserter.tally().refused()).isEqualTo(1);
    }

    @Test
    void aRowNeverTakesThePlaceOfABetterOneWhateverTheTableSays() throws Exception {
        RowInserter inserter = inserterFor("CREATE TABLE t(a TEXT UNIQUE ON CONFLICT REPLACE)");

        inserter.insert(1, record("same"), 2);
        inserter.insert(2, record("same"), 2);
        inserter.finish();

        assertThat(count("rowid = 1")).isEqualTo(1);
        assertThat(inserter.tally().written()).isEqualTo(1);
        assertThat(inserter.tally().refused()).isEqualTo(1);
    }
}
