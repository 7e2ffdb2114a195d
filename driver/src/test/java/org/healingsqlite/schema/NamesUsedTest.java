package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesUsedTest {

    @Test
    void callsAreTakenWithTheNumberOfTheirArguments() {
        NamesUsed names = NamesUsed.in("CREATE TABLE t(a TEXT CHECK (f(a) > \"g h\"(1, k(), (2, 3)) AND a REGEXP 'x'),"
                + " b AS (f(a, 2)) STORED, CONSTRAINT c CHECK (F(1, 2, 3)))");
        assertThat(names.functions())
                .isEqualTo(Map.of("f", Set.of(1, 2, 3), "g h", Set.of(3), "k", Set.of(0), "REGEXP", Set.of(2)));
        assertThat(names.functions()).containsKey("F").containsKey("regexp");
    }

    @Test
    void collationsAreTakenInEverySpelling() {
        NamesUsed names = NamesUsed.in("CREATE TABLE t(a TEXT COLLATE one PRIMARY KEY, b COLLATE \"two three\" UNIQUE,"
                + " c, PRIMARY KEY (b COLLATE [four], c COLLATE 'five' DESC), CHECK (c > 'm' COLLATE ONE))");
        assertThat(names.collations()).containsExactlyInAnyOrder("one", "two three", "four", "five");
        assertThat(names.functions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t(a VARCHAR(10), b DECIMAL(10, 2) NOT NULL, c DOUBLE PRECISION(3), UNIQUE (a), FOREIGN KEY (b) REFERENCES p(x))",
                "CREATE TABLE \"check\"(a CHECK (a IN (1, 2) AND NOT (a = CAST('1' AS VARCHAR(3)))))",
                "CREATE INDEX i ON t(a, b) WHERE a IN ('f(x)', 2) -- f(x)",
                "CREATE VIEW v AS WITH n(i) AS (VALUES (1)) SELECT * FROM generate_series(1, 2) JOIN other(3) USING (i)",
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO main.log(a) VALUES (new.a); END",
                "CREATE VIRTUAL TABLE f USING fts5(x, tokenize = 'own(1)')",
                "",
                "CREATE"
            })
    void whatCallsNothingIsNoCall(String statement) {
        assertThat(NamesUsed.in(statement).functions()).isEmpty();
    }

    @Test
    void aStatementThatEndsTooSoonIsReadAsFarAsItGoes() {
        assertThat(NamesUsed.in("CREATE TABLE t(a CHECK (f(a, g(1").functions())
                .isEqualTo(Map.of("f", Set.of(2), "g", Set.of(1)));
        assertThat(NamesUsed.in("(f(x))").functions()).isEqualTo(Map.of("f", Set.of(1)));
    }
}
