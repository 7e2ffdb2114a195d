package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.healingsqlite.demo.conversations.ConversationsProcess;
import org.healingsqlite.demo.report.Lanes;

/**
 * S1-05, S1-06: six processes come to a path without a file at once. Each looks for the schema's version before any of them initialises it, which is
 * what a fresh deployment may always come to. Then one is killed and another joins.
 */
record InitialisersAct() implements Act {
    private static final int PROCESSES = 6;

    @Override
    public String title() {
        return "six processes initialise at once";
    }

    @Override
    public Blueprint blueprint() {
        return ConversationsScenario.BLUEPRINT;
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        stage.strike(new FilesDeleted());
        Lanes<Fleet> fleets = stage.start(deployment -> new Fleet(
                PROCESSES,
                ConversationsProcess.class,
                List.of(deployment.url(), ConversationsScenario.script()),
                deployment.database().resolveSibling("../processes.log").normalize(),
                deployment.calls()));
        stage.ask("all: which version?", fleets, fleet -> fleet.askAll("look"));
        stage.ask("all: initialise", fleets, fleet -> fleet.askAll("initialise"));
        stage.ask("all: foreign keys?", fleets, fleet -> fleet.askAll("foreign-keys"));
        stage.ask("all: upload a file", fleets, fleet -> fleet.askAll("upload"));
        stage.ask("kill -9 one, a new one joins", fleets, fleet -> fleet.replaceOne("start"));
        stage.ask("all: upload a file", fleets, fleet -> fleet.askAll("upload"));
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = ConversationsScenario.findings(database);
        // Five have uploaded twice, the one that was killed and the one that joined once.
        ConversationsScenario.expect(
                database, "SELECT count(*) FROM conversation_files", Set.of(Integer.toString(2 * PROCESSES)), findings);
        return findings;
    }
}
