package org.healingsqlite.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.healingsqlite.diagnosis.Look;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.MigrationHistory;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code status}: what is in a database, and what was healed. Writes nothing. */
@Command(
        name = "status",
        description =
                "Prints the path, the objects with their rows, the version and the last incidents of a database. Writes nothing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the database could be read", "1:it could not", "3:wrong use"})
final class StatusCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the database")
    @SuppressWarnings("NullAway.Init") // Required: picocli sets it.
    private Path file;

    @Option(
            names = "--incidents",
            paramLabel = "COUNT",
            defaultValue = "10",
            description = "how many incidents to print (default: 10)")
    private int incidents;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        DatabaseFile database = DatabaseFile.at(file);
        try (Look look = Look.withoutChange(database, Access.READ_ONLY)) {
            Connection connection = look.connection();
            out.printf("file      %s, %d bytes%n", database.main(), database.sizeBytes());
            out.printf("journal   %s%n", Sqlite.pragma(connection, "journal_mode"));
            out.printf(
                    "version   %s (user_version %s)%n",
                    MigrationHistory.currentVersion(connection), Sqlite.pragma(connection, "user_version"));
            printObjects(connection, out);
        } catch (SQLException e) {
            spec.commandLine().getErr().println(database.main() + ": " + Disclosure.message(e));
            return 1;
        }
        printIncidents(database, out);
        return 0;
    }

    private static void printObjects(Connection connection, PrintWriter out) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(
                    "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name")) {
                while (row.next()) {
                    if (row.getString(1).equals("table")) {
                        tables.add(row.getString(2));
                    } else {
                        out.printf("%-9s %s%n", row.getString(1), row.getString(2));
                    }
                }
            }
            for (String table : tables) {
                try (ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM \"" + table.replace("\"", "\"\"") + '"')) {
                    out.printf("table     %s, %d rows%n", table, row.next() ? row.getLong(1) : 0);
                }
            }
        }
    }

    private void printIncidents(DatabaseFile database, PrintWriter out) {
        try {
            for (Incident incident : new IncidentLog(database).recent(incidents)) {
                out.printf(
                        "incident  %s %s in %d ms: %s: %s%n",
                        incident.id(),
                        incident.outcome().word(),
                        incident.elapsed().toMillis(),
                        incident.fault(),
                        incident.outcome().explanation());
            }
        } catch (SQLException e) {
            spec.commandLine().getErr().println(database.side().incidents() + ": " + Disclosure.message(e));
        }
    }
}
