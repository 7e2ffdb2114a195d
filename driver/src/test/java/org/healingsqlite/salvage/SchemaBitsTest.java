package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One bit of the schema's page is another one, anywhere on it: every row is somewhere, with its values, or the report does not say that nothing is lost. */
class SchemaBitsTest {

    private static final int PAGE = 4096;
    private static final int PARTS = 300;

    private static final List<String> TABLES =
            List.of("person", "orders", "order_line", "setting", "note", "plain", "invoice", "audit");

    private static final String[] SCHEMA = {
        "PRAGMA page_size=" + PAGE,
        "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT UNIQUE, born INT)",
        "CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER REFERENCES person(id), total REAL DEFAULT 0)",
        "CREATE TABLE order_line(orders INT, line INT, what TEXT, PRIMARY KEY(orders, line))",
        "CREATE TABLE setting(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        "CREATE TABLE note(body TEXT, at DATE, CHECK(length(body) > 0))",
        "CREATE TABLE plain(a, b, c)",
        "CREATE TABLE invoice(number INTEGER PRIMARY KEY, net INT, gross INT AS (net * 2) STORED)",
        "CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT COLLATE NOCASE, who TEXT) STRICT",
        "CREATE INDEX orders_person ON orders(person)",
        "CREATE UNIQUE INDEX person_name ON person(name, born DESC)",
        "CREATE INDEX note_at ON note(at) WHERE at IS NOT NULL",
        "CREATE VIEW of_person AS SELECT name, count(*) AS n FROM person JOIN orders ON orders.person = person.id GROUP BY name",
        "CREATE TRIGGER audited AFTER INSERT ON orders BEGIN INSERT INTO audit(what, who) VALUES('order', new.person); END",
    };

    private static final String NUMBERS =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) ";

    private static final String[] ROWS = {
        NUMBERS + "INSERT INTO person SELECT i * 3, 'name ' || i, 'mail' || i || '@example.org', 1950 + i FROM n",
        NUMBERS + "INSERT INTO orders SELECT i * 5, i * 3, i / 8.0 FROM n",
        NUMBERS + "INSERT INTO order_line SELECT i * 5, i % 4, 'thing ' || i FROM n",
        NUMBERS + "INSERT INTO setting SELECT 'key ' || i, 'value ' || i FROM n",
        NUMBERS + "INSERT INTO note SELECT 'a note of ' || i, '2024-01-' || i FROM n",
        NUMBERS + "INSERT INTO plain SELECT i, 'b' || i, i + 0.5 FROM n",
        NUMBERS + "INSERT INTO invoice(number, net) SELECT i * 7, i * 100 FROM n",
    };

    @TempDir
    private Path directory;

    private byte[] bytes = {};
    private Map<String, List<List<Object>>> truth = Map.of();

    @BeforeEach
    void make() throws Exception {
        Path database = directory.resolve("sound.db");
        Sql.runElsewhere(database, SCHEMA);
        Sql.runElsewhere(database, ROWS);
        bytes = Files.readAllBytes(database);
        truth = new HashMap<>();
        for (String table : TABLES) {
            truth.put(table, rows(database, table));
        }
    }

    /** With the rowid, where there is one. */
    private static List<List<Object>> rows(Path database, String table) throws SQLException {
        return Sql.rowsElsewhere(database, "SELECT * FROM \"" + table + '"');
    }

    @Test
    void everyRowIsSomewhereOrToldOfWhateverBitIsHit() throws Exception {
        for (int bit = DatabaseHeader.SIZE * 8; bit < PAGE * 8; bit++) {
            if (Rotation.takes(bit, PARTS)) {
                judge(bit);
            }
        }
    }

    @Test
    @Tag("campaign")
    void everyBitOfThePage() throws Exception {
        for (int bit = DatabaseHeader.SIZE * 8; bit < PAGE * 8; bit++) {
            judge(bit);
        }
    }

    /** What a word of a statement becomes, so that SQLite takes it for something else, and the rows contradict it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "person  | person(id INTEGER PRIMARY KEY   | person(id INTEGER PRILARY KEY",
                "person  | person(id INTEGER PRIMARY KEY   | person(id INTEGER@PRIMARY KEY",
                "person  | person(id INTEGER PRIMARY KEY   | person(id INTEGER PRIMARY KEI",
                "person  | person(id INTEGER PRIMARY KEY   | person(id INTEGES PRIMARY KEY",
                "person  | mail TEXT UNIQUE                | mail TEXT UNIQTE",
                "person  | name TEXT NOT NULL              | name TEXT NOT NUML",
                "orders  | orders(id INTEGER PRIMARY KEY A | orders(id INTEGER PRIMARI KEY A",
                "orders  | AUTOINCREMENT                   | AUTOINCREMEOT",
                "orders  | REFERENCES                      | SEFERENCES",
                "orders  | DEFAULT 0                       | DEFAUMT 0",
                "setting | WITHOUT ROWID                   | WITHOUT RNWID",
                "setting | WITHOUT ROWID                   | VITHOUT ROWID",
                "setting | CREATE TABLE setting            | CREATE TABLE settinf",
                "setting | tablesettingsetting             | tablesettinfsetting",
                "setting | tablesettingsetting             | tablesettingsettinf",
                "setting | tablesettingsetting             | tablfsettingsetting",
                "plain   | plain(a, b, c)                  | plain(a, b< c)",
                "plain   | plain(a, b, c)                  | plain(a, b, c9",
                "note    | CHECK(                          | CHEBK("
            })
    void aDamagedStatementIsMendedAsTheRowsTell(String table, String before, String after) throws Exception {
        int at = new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf(before);
        assertThat(at).isPositive();
        System.arraycopy(after.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, at, after.length());
        Path damaged = directory.resolve("damaged.db");
        Path output = directory.resolve("output.db");
        Files.write(damaged, bytes);

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(rows(output, table)).as(report.toText()).isEqualTo(truth.get(table));
        assertThat(report.lostRows()).isZero();
    }

    /** A statement that parses, and that what the caller knows contradicts: the caller is believed. */
    @Test
    void aGivenSchemaBeatsADamagedStatement() throws Exception {
        int at = new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf("INTEGER PRIMARY KEY, name");
        bytes[at + 11] ^= 1;
        Path damaged = directory.resolve("damaged.db");
        Path output = directory.resolve("output.db");
        Files.write(damaged, bytes);
        String statement = SCHEMA[1] + ";";

        Salvage.of(damaged).schema(statement).into(output);

        assertThat(rows(output, "person")).isEqualTo(truth.get("person"));
        assertThat(Sql.rowsElsewhere(output, "SELECT sql FROM sqlite_schema WHERE name = 'person'"))
                .containsExactly(List.of(SCHEMA[1]));
    }

    /** A collation that only the application knows is no damage: the statement is not made another one. */
    @Test
    void anUnknownCollationIsNoDamage() throws Exception {
        Path sound = directory.resolve("collation.db");
        Sql.runElsewhere(
                sound,
                "CREATE TABLE notes(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE)",
                "INSERT INTO notes VALUES(7, 'a note')",
                "PRAGMA writable_schema=on",
                "UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'unicase')");
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(sound).into(output);

        assertThat(report.toText()).doesNotContain("mended");
        assertThat(report.recoveredRows() + report.lostAndFoundRows()).isEqualTo(1);
    }

    /** Fails where rows are nowhere, or not under their table's name, and the report says that nothing is lost; or more are than it says. */
    private void judge(int bit) throws Exception {
        byte[] hit = bytes.clone();
        hit[bit / 8] ^= (byte) (1 << bit % 8);
        Path damaged = directory.resolve("damaged.db");
        Path output = directory.resolve("output.db");
        Path lost = directory.resolve("lost.db");
        Files.write(damaged, hit);
        Files.deleteIfExists(output);
        Files.deleteIfExists(lost);
        SalvageReport report = Salvage.of(damaged).lostAndFound(lost).into(output);
        Map<String, List<List<Object>>> found = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        Set<String> everywhere = new HashSet<>(keptApart(lost));
        for (List<Object> name : Sql.rowsElsewhere(output, "SELECT name FROM sqlite_schema WHERE type = 'table'")) {
            List<List<Object>> rows = rows(output, (String) name.get(0));
            found.put((String) name.get(0), rows);
            rows.forEach(row -> everywhere.add(row.toString()));
        }
        long gone = 0;
        long notInPlace = 0;
        for (String table : TABLES) {
            Set<String> here = new HashSet<>();
            found.getOrDefault(table, List.of()).forEach(row -> here.add(row.toString()));
            for (List<Object> row : truth.getOrDefault(table, List.of())) {
                gone += everywhere.contains(row.toString()) ? 0 : 1;
                notInPlace += here.contains(row.toString()) ? 0 : 1;
            }
        }
        String what = "bit " + bit % 8 + " of byte " + bit / 8 + ", near '"
                + new String(hit, Math.max(0, bit / 8 - 12), 24, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?")
                + "', " + Rotation.option() + ": " + report.completeness();
        if (gone > 0) {
            assertThat(report.completeness().isWhole()).as("gone, %s", what).isFalse();
            assertThat(report.completeness().atMost().orElse(Long.MAX_VALUE))
                    .as("told at most, %s", what)
                    .isGreaterThanOrEqualTo(gone);
        }
        if (notInPlace > 0) {
            assertThat(report.outcome()).as("elsewhere, %s", what).isNotEqualTo(SalvageReport.Outcome.WHOLE);
        }
    }

    /** The rows in lost and found, as they are and with the rowid in place of its alias. */
    private static List<String> keptApart(Path lost) throws Exception {
        List<String> rows = new ArrayList<>();
        if (Files.exists(lost)) {
            for (List<Object> row : Sql.rowsElsewhere(lost, "SELECT * FROM lost_and_found")) {
                List<Object> values = new ArrayList<>(row.subList(6, 6 + ((Number) row.get(2)).intValue()));
                rows.add(values.toString());
                values.set(0, row.get(3));
                rows.add(values.toString());
            }
        }
        return rows;
    }
}
