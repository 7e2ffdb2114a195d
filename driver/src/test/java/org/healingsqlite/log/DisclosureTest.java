package org.healingsqlite.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DisclosureTest {
    private static SQLException refused(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            Sql.run(
                    connection,
                    "CREATE TABLE t (a UNIQUE CHECK (a <> 'secret'), b NOT NULL)",
                    "INSERT INTO t VALUES (1, 1)");
            Sql.run(connection, statements);
        } catch (SQLException e) {
            return e;
        }
        throw new AssertionError("nothing was refused");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT * FROM nowhere                        | no such table: nowhere",
                "SELECT missing FROM t                        | no such column: missing",
                "INSERT INTO t VALUES (1, 'secret')           | UNIQUE constraint failed: t.a",
                "INSERT INTO t VALUES (2, NULL)               | NOT NULL constraint failed: t.b",
                "INSERT INTO t VALUES ('secret', 1)           | CHECK constraint failed: ?",
                "SELECT 'secret' 'secret' 'secret' FROM       | syntax error",
                "SELECT 12secret                              | unrecognized token: ?",
                "CREATE TABLE t (x)                           | table t already exists",
                "SELECT json('secret')                        | malformed JSON",
                "SELECT unheard_of('secret')                | no such function: unheard_of",
            })
    void whatSqliteSaysIsShownWithNamesAndWithoutValues(String sql, String shown) throws SQLException {
        assertThat(Disclosure.message(refused(sql)))
                .startsWith("[SQLITE_")
                .contains(shown)
                .doesNotContain("secret");
        try (Disclosure.Scope ignored = Disclosure.ofValues(true)) {
            assertThat(Disclosure.message(refused(sql))).doesNotContain("withheld");
        }
    }

    @Test
    void whatTheMessageMeansIsShownWhateverTheNamesAre() throws SQLException {
        assertThat(Disclosure.message(refused(
                        "CREATE TABLE u (\"secret@(x)\" UNIQUE)",
                        "INSERT INTO u VALUES (1)",
                        "INSERT INTO u VALUES (1)")))
                .contains("UNIQUE constraint failed: ?")
                .doesNotContain("secret");
        assertThat(Disclosure.message(refused("SELECT * FROM \"secret@(x)\""))).contains("no such table: ?");
    }

    @Test
    void whatATriggerSaysIsWithheld() throws SQLException {
        assertThat(Disclosure.message(refused(
                        "CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'secret'); END",
                        "INSERT INTO t VALUES (3, 3)")))
                .doesNotContain("secret");
    }

    @Test
    void ofOtherExceptionsFilesAreShownAndTextsAreNot() {
        assertThat(Disclosure.text(new NoSuchFileException("/var/app.db")))
                .isEqualTo("NoSuchFileException: /var/app.db");
        assertThat(Disclosure.text(new NumberFormatException("For input string: \"secret\"")))
                .isEqualTo("NumberFormatException");
        assertThat(Disclosure.text(new IOException())).isEqualTo("IOException");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\nb",
                "a\rb",
                "a\u001b[31mb",
                "a\u0000b",
                "a\u202eb",
                "a\u2028b",
                "a\u0085b",
                "a\u200bb",
                "a\ud800b"
            })
    void noTextLeavesItsLine(String text) {
        assertThat(Printable.of(text)).startsWith("a\\").endsWith("b").isEqualTo(Printable.of(Printable.of(text)));
    }

    @Test
    void harmlessTextIsTheSame() {
        String text = "G\u00e4ste \u4e16\u754c \ud83d\ude00 C:\\temp\\new";
        assertThat(Printable.of(text)).isSameAs(text);
    }

    @Test
    void theLogShowsKindStackAndCausesOfAnExceptionAndNoValue() throws SQLException {
        SQLException cause = refused("INSERT INTO t VALUES ('secret', 1)");
        try (LogCapture log = new LogCapture()) {
            Log.of(DisclosureTest.class).warn("{}: failed", "app\n.db", new IllegalStateException("secret", cause));
            assertThat(log.at(Level.WARN)).containsExactly("app\\n.db: failed");
            assertThat(log.everything())
                    .contains(
                            "java.lang.IllegalStateException",
                            "org.sqlite.SQLiteException",
                            "CHECK constraint failed: ?",
                            "DisclosureTest")
                    .doesNotContain("secret");
        }
    }

    @Test
    void aScopeEndsAndAnotherThreadShowsNothing() throws Exception {
        try (Disclosure.Scope ignored = Disclosure.ofValues(true)) {
            assertThat(Disclosure.value("x")).isEqualTo("x");
            try (Disclosure.Scope inner = Disclosure.ofValues(false)) {
                assertThat(Disclosure.value("x")).isEqualTo("?");
            }
            String[] other = new String[2];
            Thread plain = new Thread(() -> other[0] = Disclosure.value("x"));
            plain.start();
            plain.join();
            assertThat(other[0]).isEqualTo("?");
            assertThat(Disclosure.carried(() -> Disclosure.value("x")).call()).isEqualTo("x");
        }
        assertThat(Disclosure.value("x")).isEqualTo("?");
    }
}
