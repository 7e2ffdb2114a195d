package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.healingsqlite.demo.conversations.ConversationsApplication;
import org.healingsqlite.demo.report.Lanes;

/**
 * S1: the schema, or the file, of conversations breaks under one application (S1-14, S1-20, S1-31, S1-32).
 *
 * @param moment when the fault strikes
 * @param keepsFiles whether the conversation's files are still known at the end, because this fault does not take them
 */
record ConversationsAct(String title, Moment moment, Breakage breakage, boolean keepsFiles) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final List<String> BEFORE = List.of("plan.txt", "photo.jpg", "notes.md");
    private static final String AFTER = "answer.pdf";

    /** When a fault strikes. */
    enum Moment {
        WHILE_RUNNING,
        BETWEEN_TWO_RUNS
    }

    @Override
    public Blueprint blueprint() {
        return ConversationsScenario.BLUEPRINT;
    }

    private static ConversationsApplication open(Deployment deployment) {
        return new ConversationsApplication(deployment.url(), ConversationsScenario.script(), deployment.calls());
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        Lanes<ConversationsApplication> applications = start(stage);
        for (String name : BEFORE) {
            stage.ask("upload " + name, applications, application -> application.upload(name));
        }
        if (moment == Moment.BETWEEN_TWO_RUNS) {
            stage.ask("stop", applications, application -> {
                application.close();
                return "stopped";
            });
        }
        stage.strike(breakage);
        if (moment == Moment.BETWEEN_TWO_RUNS) {
            applications = start(stage);
        }
        stage.ask("upload " + AFTER, applications, application -> application.upload(AFTER));
        stage.ask("session's files", applications, ConversationsApplication::sessionFiles);
        for (int i = 0; i < 2; i++) {
            stage.pause(POLL);
            stage.ask("active files", applications, ConversationsApplication::activeFiles);
        }
        stage.ask("attach " + AFTER, applications, application -> application.attach(AFTER));
        stage.ask("session's files", applications, ConversationsApplication::sessionFiles);
        stage.ask("delete " + AFTER, applications, application -> application.delete(AFTER));
        stage.ask("active files", applications, ConversationsApplication::activeFiles);
        stage.ask("foreign keys?", applications, ConversationsApplication::foreignKeys);
    }

    private static Lanes<ConversationsApplication> start(Stage stage) throws IOException, InterruptedException {
        Lanes<ConversationsApplication> applications = stage.start(ConversationsAct::open);
        stage.ask("start: schema's version", applications, ConversationsApplication::start);
        stage.ask("start: objects of the schema", applications, ConversationsApplication::verify);
        return applications;
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = ConversationsScenario.findings(database);
        ConversationsScenario.expect(
                database,
                "SELECT group_concat(file_name) FROM (SELECT * FROM conversation_files ORDER BY file_id)",
                Set.of(keepsFiles ? String.join(",", BEFORE) + "," + AFTER : AFTER),
                findings);
        for (String written : List.of(
                "SELECT count(*) FROM session_files WHERE file_name = 'answer.pdf'",
                "SELECT count(*) FROM pending_cleanups WHERE file_name = 'answer.pdf'",
                "SELECT count(*) FROM file_access_log JOIN conversation_files USING (file_id) WHERE file_name = 'answer.pdf'",
                "SELECT count(deleted_at) FROM conversation_files WHERE file_name = 'answer.pdf'")) {
            ConversationsScenario.expect(database, written, Set.of("1"), findings);
        }
        return findings;
    }
}
