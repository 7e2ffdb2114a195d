package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JMX knows of a database that a program has opened, without a word of the program's about it. */
class ManagementBeansTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
    private static final int PAGE = 1024;

    @TempDir
    Path directory;

    private Path database;
    private ObjectName name;

    @BeforeEach
    void create() throws Exception {
        database = directory.toRealPath().resolve("app.db");
        name = new ObjectName("healing-sqlite:type=Database,file=" + ObjectName.quote(database.toString()));
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                        + " INSERT INTO t SELECT i, printf('%60d', i) FROM n");
    }

    private Connection connect() throws Exception {
        Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
        await().until(() -> SERVER.isRegistered(name));
        return connection;
    }

    private Object get(String attribute) throws Exception {
        return SERVER.getAttribute(name, attribute);
    }

    private Object call(String operation, Object... arguments) throws Exception {
        String[] types = Arrays.stream(arguments)
                .map(argument -> argument instanceof Integer
                        ? "int"
                        : argument.getClass().getName())
                .toArray(String[]::new);
        return SERVER.invoke(name, operation, arguments, types);
    }

    private void overwriteALeaf() throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database, "SELECT pageno FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY pageno");
        int page = ((Number) leaves.get(2).get(0)).intValue();
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, (page - 1) * PAGE, page * PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    @Test
    void s3_08_s1_24_stateBreakersAndCountsAreReadAndTheBreakersResetOverJmx() throws Exception {
        try (Connection connection = connect()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(500);
            assertThat(get("File")).isEqualTo(database.toString());
            assertThat(get("Status")).isEqualTo("healthy");
            assertThat(get("HealingBreaker")).isEqualTo("CLOSED");
            assertThat(get("AvailabilityBreaker")).isEqualTo("CLOSED");
            assertThat(get("Healed")).isEqualTo(0L);
            assertThat(get("LastIncident")).isEqualTo("");
            assertThat((Double) get("InitialisationSuccessRate"))
                    .as("none is no rate")
                    .isNaN();
            JsonObject health = JsonParser.object().from((String) get("Health"));
            assertThat(health.getObject("components").getObject("storage").getString("status"))
                    .isEqualTo("healthy");
            assertThat(call("check")).isEqualTo("nothing is missing");
            call("resetBreakers");
        }
    }

    @Test
    void s3_19_damageIsHealedOverJmxAndWhoListensIsToldWithTheIncidentWhichIsThenResolved() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        overwriteALeaf();
        try (Connection connection = connect()) {
            SERVER.addNotificationListener(
                    name,
                    (Notification notification, Object handback) -> told.add(notification.getMessage()),
                    null,
                    null);

            assertThat((String) call("heal")).startsWith("healed: ");

            assertThat(get("Healed")).isEqualTo(1L);
            await().until(() -> told.size() == 1);
            JsonObject incident = JsonParser.object().from(told.get(0));
            assertThat(incident.getString("severity")).isEqualTo("HIGH");
            assertThat(incident.getString("component")).isEqualTo("content");
            String id = incident.getString("id");
            assertThat(Healing.of(connection).history(1).get(0).id()).isEqualTo(id);
            JsonObject last = JsonParser.object().from((String) get("LastIncident"));
            assertThat(last.getString("id")).isEqualTo(id);
            assertThat(last.getBoolean("resolved")).isFalse();
            assertThat(call("resolve", id, "seen")).isEqualTo(true);
            assertThat(JsonParser.array()
                            .from((String) call("incidents", 5))
                            .getObject(0)
                            .getString("note"))
                    .isEqualTo("seen");
        }
    }

    @Test
    void whileItIsSwitchedOffOverJmxNothingIsHealedAndAfterwardsWhatHappenedMeanwhileIs() throws Exception {
        try (Connection connection = connect()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(500);
            call("observe");
            assertThat(get("Observing")).isEqualTo(true);
            assertThat(get("Status")).isEqualTo("degraded");
            overwriteALeaf();
            assertThat((String) call("heal")).startsWith("refused: ");
            try (Connection other = connect()) {
                assertThatThrownBy(() -> Sql.rows(other, "SELECT * FROM t ORDER BY id"))
                        .isInstanceOf(SQLException.class);
            }

            call("resume");

            assertThat(get("Observing")).isEqualTo(false);
            assertThat((String) call("heal")).startsWith("healed: ");
            assertThat(Sql.rows(connection, "SELECT * FROM t ORDER BY id")).isNotEmpty();
        }
    }

    @Test
    void aDeletedFileStaysAwayWhileItIsSwitchedOffAndComesBackAfterwards() throws Exception {
        try (Connection connection = connect()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(500);
            Healing.of(connection).observe();
            assertThat(Healing.of(connection).isObserving()).isTrue();
            Files.delete(database);
            Sql.value(connection, "SELECT count(*) FROM t");
            assertThat(database).doesNotExist();

            Healing.of(connection).resume();

            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(500);
            assertThat(database).exists();
        }
    }
}
