package org.healingsqlite.demo.scenario;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** S1: file metadata of conversations. What its acts have in common. */
final class ConversationsScenario {
    private static final String SCHEMA = "schemas/conversations/V001__file_metadata.sql";

    static final Blueprint BLUEPRINT =
            new Blueprint("conversations.db", SCHEMA, "journal_mode=WAL&busy_timeout=10000&foreign_keys=on");

    static final Scenario SCENARIO = new Scenario(
            "S1",
            "conversations: file metadata that six processes initialise at once",
            List.of(
                    new InitialisersAct(),
                    new ConversationsAct(
                            "trigger's table dropped by another process",
                            ConversationsAct.Moment.WHILE_RUNNING,
                            SqlElsewhere.dropTables("file_access_log"),
                            true),
                    new ConversationsAct(
                            "view's table dropped by another process",
                            ConversationsAct.Moment.WHILE_RUNNING,
                            SqlElsewhere.dropTables("session_file_associations"),
                            true),
                    new ConversationsAct(
                            "view, index, trigger dropped",
                            ConversationsAct.Moment.WHILE_RUNNING,
                            new SqlElsewhere("BEGIN IMMEDIATE; DROP VIEW active_files; DROP INDEX idx_cleanup_due;"
                                    + " DROP TRIGGER schedule_cleanup; COMMIT"),
                            true),
                    new ConversationsAct(
                            "index, trigger dropped between two runs",
                            ConversationsAct.Moment.BETWEEN_TWO_RUNS,
                            new SqlElsewhere(
                                    "BEGIN IMMEDIATE; DROP INDEX idx_cleanup_due; DROP TRIGGER schedule_cleanup; COMMIT"),
                            true),
                    new ConversationsAct(
                            "files deleted while running",
                            ConversationsAct.Moment.WHILE_RUNNING,
                            new FilesDeleted(),
                            true),
                    new ConversationsAct(
                            "a file of garbage between two runs",
                            ConversationsAct.Moment.BETWEEN_TWO_RUNS,
                            BytesChanged.garbage(),
                            false)));

    private ConversationsScenario() {}

    /** The script of the schema. */
    static String script() {
        return Resource.text(SCHEMA);
    }

    /** What is wrong with the history, the foreign keys, or with what the trigger of new files has written. */
    static List<String> findings(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        expect(
                database,
                "SELECT group_concat(version || ' ' || status || iif(applied_at IS NULL, ' never', '')) FROM schema_migrations",
                Set.of("001 completed"),
                findings);
        expect(database, "SELECT count(*) FROM pragma_foreign_key_check", Set.of("0"), findings);
        expect(
                database,
                "SELECT coalesce(max(entries), 0) FROM (SELECT count(*) AS entries FROM file_access_log GROUP BY file_id)",
                Set.of("1"),
                findings);
        return findings;
    }

    /** Notes it where the first value of a query is none of those expected. */
    static void expect(Connection database, String query, Set<String> expected, List<String> findings)
            throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            String found = row.next() ? String.valueOf(row.getString(1)) : "no row";
            if (!expected.contains(found)) {
                findings.add(query + ": expected " + String.join(" or ", expected) + ", found " + found);
            }
        }
    }
}
