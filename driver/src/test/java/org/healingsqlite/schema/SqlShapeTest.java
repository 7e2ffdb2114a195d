package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.healingsqlite.log.Disclosure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlShapeTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "SELECT * FROM t WHERE a = 'x' AND b=12                | SELECT * FROM t WHERE a = ? AND b=?",
                "INSERT INTO t VALUES ('it''s', x'0aFF', 1.5e3, 0xFF)  | INSERT INTO t VALUES (?, ?, ?, ?)",
                "SELECT X'00', x'11', NULL, -7                         | SELECT ?, ?, NULL, -?",
                "SELECT a -- secret                                    | SELECT a",
                "SELECT /* secret */ a                                 | SELECT a",
                "SELECT \"t\".\"a\" FROM \"t\" WHERE b = \"secret\"    | SELECT \"t\".\"a\" FROM \"t\" WHERE b = ?",
                "SELECT a IS DISTINCT FROM \"secret\"                  | SELECT a IS DISTINCT FROM ?",
                "UPDATE [my table] SET `a b` = 'x'                     | UPDATE [my table] SET `a b` = ?",
                "SELECT ?1, ?, :name, @x, $y                           | SELECT ?1, ?, :name, @x, $y",
                "CREATE TABLE t (a VARCHAR(20) DEFAULT 'x')            | CREATE TABLE t (a VARCHAR(?) DEFAULT ?)",
                "PRAGMA key = secret                                   | PRAGMA key = ?",
                "PRAGMA main.rekey('secret')                           | PRAGMA main.rekey(?)",
                "ATTACH 'file' AS a KEY secret                         | ATTACH ? AS a KEY ?",
                "SELECT 'O'Brien secret'                               | SELECT ? ...",
                "SELECT 'secret                                        | SELECT ? ...",
                "SELECT \"secret                                       | SELECT ? ...",
                "SELECT [secret                                        | SELECT ? ..."
            })
    void literalsAreQuestionMarks(String sql, String shape) {
        assertThat(SqlShape.of(sql)).isEqualTo(shape);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT \"a\n\u001b[2J\" FROM t", "SELECT [\u202eevil\u0000] FROM t", "SELECT a\r\nFROM t"})
    void whatIsShownStaysOnItsLine(String sql) {
        assertThat(SqlShape.of(sql).codePoints()).noneMatch(point -> point < ' ' || point == 0x202e);
    }

    @Test
    void nothingHasNoShape() {
        assertThat(SqlShape.of(" -- secret")).isEmpty();
        assertThat(SqlShape.of("")).isEmpty();
    }

    @Test
    void whatIsLongIsCut() {
        assertThat(SqlShape.of("SELECT " + "a, ".repeat(1000))).hasSize(80).endsWith("...");
    }

    @Test
    void literalsAreShownWhereValuesMayBe() {
        try (Disclosure.Scope ignored = Disclosure.ofValues(true)) {
            assertThat(SqlShape.of("SELECT 'a'\n, x'00'")).isEqualTo("SELECT 'a' , x'00'");
        }
        assertThat(SqlShape.of("SELECT 'a'")).isEqualTo("SELECT ?");
    }
}
