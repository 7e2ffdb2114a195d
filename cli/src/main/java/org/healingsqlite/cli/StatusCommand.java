package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.healingsqlite.Healing;
import org.healingsqlite.diagnosis.Look;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.heal.Health;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentExport;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.Incidents;
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
        PrintWriter err = spec.commandLine().getErr();
        if (!Files.isRegularFile(file)) {
            err.println(file + ": expected a database, found " + (Files.isDirectory(file) ? "a directory" : "no file"));
            return 1;
        }
        DatabaseFile database = DatabaseFile.at(file);
        JsonResult result = JsonResult.of(spec);
        try (Look look = Look.withoutChange(database, Access.READ_ONLY)) {
            Connection connection = look.connection();
            String journal = Sqlite.pragma(connection, "journal_mode");
            String version = MigrationHistory.currentVersion(connection);
            String userVersion = Sqlite.pragma(connection, "user_version");
            result.put("file", database.main().toString());
            result.put("bytes", database.sizeBytes());
            result.put("journal_mode", journal);
            result.put("version", version);
            result.put("user_version", Long.parseLong(userVersion));
            out.printf("file      %s, %d bytes%n", database.main(), database.sizeBytes());
            out.printf("journal   %s%n", journal);
            out.printf("version   %s (user_version %s)%n", version, userVersion);
            result.put("objects", printObjects(connection, out));
            printHealth(out);
        } catch (SQLException e) {
            err.println(database.main() + ": " + Disclosure.message(e));
            return 1;
        }
        printIncidents(database, out);
        return 0;
    }

    private void printHealth(PrintWriter out) throws SQLException {
        Health here = Healing.of(file, Map.of()).health();
        // The breakers, and whether an archive is kept, are of the application's JVM: nothing is known of them here.
        Health health = new Health(
                here.healing(),
                here.availability(),
                List.of(),
                List.of(here.part("storage"), here.part("error_tracking")));
        JsonResult.of(spec).put("health", health.json());
        out.printf("health    %s%n", health.status().word());
        for (Health.Part part : health.parts()) {
            if (!part.explanation().isEmpty()) {
                out.printf("  %s: %s, %s%n", part.name(), part.status().word(), part.explanation());
            }
        }
    }

    private static JsonArray printObjects(Connection connection, PrintWriter out) throws SQLException {
        JsonArray objects = new JsonArray();
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(
                    "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name")) {
                while (row.next()) {
                    if (row.getString(1).equals("table")) {
                        tables.add(row.getString(2));
                    } else {
                        out.printf("%-9s %s%n", row.getString(1), row.getString(2));
                        objects.add(object(row.getString(1), row.getString(2)));
                    }
                }
            }
            for (String table : tables) {
                try (ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM \"" + table.replace("\"", "\"\"") + '"')) {
                    long rows = row.next() ? row.getLong(1) : 0;
                    out.printf("table     %s, %d rows%n", table, rows);
                    JsonObject json = object("table", table);
                    json.put("rows", rows);
                    objects.add(json);
                }
            }
        }
        return objects;
    }

    private static JsonObject object(String type, String name) {
        JsonObject json = new JsonObject();
        json.put("type", type);
        json.put("name", name);
        return json;
    }

    private void printIncidents(DatabaseFile database, PrintWriter out) {
        JsonArray all = new JsonArray();
        try {
            List<IncidentEntry> found = incidents < 1
                    ? List.of()
                    : new Incidents(new IncidentLog(database)).search(IncidentQuery.newest(incidents));
            for (IncidentEntry entry : found) {
                all.add(IncidentExport.json(entry));
                Incident incident = entry.incident();
                out.printf(
                        "incident  %s %s in %d ms: %s: %s%n",
                        incident.id(),
                        incident.outcome().word(),
                        incident.elapsed().toMillis(),
                        incident.fault(),
                        incident.outcome().explanation());
            }
            JsonResult.of(spec).put("incidents", all);
        } catch (SQLException e) {
            spec.commandLine().getErr().println(database.side().incidents() + ": " + Disclosure.message(e));
        }
    }
}
