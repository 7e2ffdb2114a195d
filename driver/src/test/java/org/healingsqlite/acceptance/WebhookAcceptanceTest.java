package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code healing.webhook}: somebody hears of a heal, or nobody does, and the application is the same. */
class WebhookAcceptanceTest {
    @TempDir
    Path directory;

    @AfterEach
    void nothingIsLeftInTheSystemProperties() {
        System.clearProperty("healing.webhook");
        System.clearProperty("healing.webhookSeverity");
    }

    /** Deletes the file under an open connection. */
    private Connection healed(int port) throws Exception {
        System.setProperty("healing.webhook", "http://127.0.0.1:" + port + "/");
        System.setProperty("healing.webhookSeverity", "low");
        Path database = directory.resolve("app.db");
        Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
        Sql.run(connection, "CREATE TABLE item (name TEXT)");
        Sql.run(connection, "INSERT INTO item VALUES ('one')");
        Files.delete(database);
        Sql.run(connection, "INSERT INTO item VALUES ('two')");
        assertThat(Sql.value(connection, "SELECT count(*) FROM item")).isEqualTo(2);
        return connection;
    }

    @Test
    void s3_19_aHealIsSentToTheWebhook() throws Exception {
        List<String> received = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try (Connection connection = healed(server.getAddress().getPort())) {
            await().until(() -> !received.isEmpty());
            assertThat(received.get(0))
                    .contains("\"component\":\"file\"")
                    .contains(Healing.of(connection).history(1).get(0).id());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aServerThatIsGoneDisturbsNobody() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        try (Connection connection = healed(port)) {
            await().until(() -> Healing.of(connection).history(10).stream()
                    .anyMatch(incident -> incident.component().equals("notification")));
            assertThat(Sql.value(connection, "SELECT count(*) FROM item")).isEqualTo(2);
        }
    }
}
