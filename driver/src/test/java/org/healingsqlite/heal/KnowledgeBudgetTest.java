package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of databases that nobody has open: how much of it is kept, and what is forgotten first. */
class KnowledgeBudgetTest {
    @TempDir
    Path directory;

    private final List<ManagedDatabase> databases = new ArrayList<>();

    @BeforeEach
    void learn() throws Exception {
        HealingSettings settings = FakeDoor.options();
        for (int i = 0; i < 3; i++) {
            DatabaseFile file = DatabaseFile.at(directory.resolve("app" + i + ".db"));
            Sql.runElsewhere(file.main(), "CREATE TABLE t(x)", "CREATE INDEX i ON t(x)");
            ManagedDatabase database = new ManagedDatabase(file, settings);
            try (Connection connection = Sqlite.open(file.main(), Access.EXISTING)) {
                database.schema().learning().remember(connection, settings, false);
            }
            databases.add(database);
        }
    }

    private long bytesOfOne() {
        return databases.get(0).schema().sizeBytes();
    }

    private List<Boolean> known() {
        return databases.stream()
                .map(database -> database.schema().hasLearned())
                .toList();
    }

    @Test
    void whatFitsIsKept() {
        KnowledgeBudget budget = new KnowledgeBudget(3 * bytesOfOne());
        databases.forEach(budget::left);
        assertThat(budget.sizeBytes()).isEqualTo(3 * bytesOfOne()).isPositive();
        assertThat(known()).containsExactly(true, true, true);
    }

    @Test
    void whatWasUsedLongestAgoIsForgottenFirst() {
        KnowledgeBudget budget = new KnowledgeBudget(2 * bytesOfOne());
        budget.left(databases.get(0));
        budget.left(databases.get(1));
        budget.left(databases.get(0));
        budget.left(databases.get(2));
        assertThat(known()).containsExactly(true, false, true);
    }

    @Test
    void whatIsAboutToBeOpenedKeepsWhatIsKnown() {
        KnowledgeBudget budget = new KnowledgeBudget(bytesOfOne());
        budget.left(databases.get(0));
        databases.get(0).opening();
        budget.left(databases.get(1));
        assertThat(known()).containsExactly(true, true, true);
        budget.left(databases.get(2));
        assertThat(known()).containsExactly(true, false, true);
    }

    @Test
    void whatIsForgottenIsSeenAgainWhenItIsOpenedAgain() throws Exception {
        ManagedDatabase database = databases.get(0);
        database.dropUnused();
        assertThat(database.schema().hasLearned()).isFalse();
        Path path = database.file().main();
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + path)) {
            assertThat(Sql.rows(connection, "SELECT x FROM t")).isEmpty();
        }
        assertThat(ManagedDatabases.instance()
                        .of(database.file(), FakeDoor.options())
                        .schema()
                        .hasLearned())
                .isTrue();
    }

    @Test
    void theBudgetIsAnEighthOfASmallHeap() {
        assertThat(KnowledgeBudget.ofThisJvm())
                .isLessThanOrEqualTo(64L << 20)
                .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 8)
                .isPositive();
    }
}
