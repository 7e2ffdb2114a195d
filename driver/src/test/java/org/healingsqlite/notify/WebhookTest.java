package org.healingsqlite.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.incident.Severity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers as they are: they answer, refuse, fail, hang, and never stop talking. */
class WebhookTest {
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
    private final List<Incident> deadLetters = new CopyOnWriteArrayList<>();
    private ExecutorService threads;
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        threads = Executors.newCachedThreadPool();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            Integer status = statuses.poll();
            exchange.sendResponseHeaders(status == null ? 200 : status, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private Webhook webhook(int port, String template) {
        URI address = URI.create("http://127.0.0.1:" + port + "/secret");
        return new Webhook(
                new WebhookSettings(address, Severity.HIGH, WebhookTemplate.of(template)),
                deadLetters::add,
                Duration.ofMillis(1));
    }

    private Webhook webhook() {
        return webhook(server.getAddress().getPort(), "json");
    }

    private static Incident loss(String id) {
        return incident(id, new Outcome.Healed("restored", new Loss(3, "three \"rows\"")));
    }

    private static Incident incident(String id, Outcome outcome) {
        return Incident.of(
                id,
                Path.of("/data/app.db"),
                Instant.EPOCH,
                Duration.ZERO,
                "malformed",
                "",
                List.of("salvage"),
                outcome,
                Component.CONTENT);
    }

    @Test
    void s3_23_whatIsUrgentEnoughIsSentWholeAsJson() throws Exception {
        Webhook webhook = webhook();
        webhook.ended(incident("1", new Outcome.Healed("restored", Loss.NONE)));
        webhook.ended(loss("2"));
        await().until(() -> !received.isEmpty());

        JsonObject sent = JsonParser.object().from(received.get(0));
        assertThat(sent.getString("id")).isEqualTo("2");
        assertThat(sent.getString("severity")).isEqualTo("HIGH");
        assertThat(sent.getInt("rows_lost_at_least")).isEqualTo(3);
        assertThat(received).hasSize(1);
        assertThat(deadLetters).isEmpty();
    }

    @Test
    void s3_23_aTemplateGetsItsValuesEscaped() throws Exception {
        webhook(server.getAddress().getPort(), "slack").ended(loss("2"));
        await().until(() -> !received.isEmpty());
        assertThat(JsonParser.object().from(received.get(0)).getString("text"))
                .isEqualTo("HIGH: /data/app.db: malformed: healed: restored three \"rows\" (incident 2)");

        webhook(server.getAddress().getPort(), "{\"n\": ${rows_lost_at_least}, \"s\": \"${steps}\"}")
                .ended(loss("3"));
        await().until(() -> received.size() == 2);
        JsonObject own = JsonParser.object().from(received.get(1));
        assertThat(own.getInt("n")).isEqualTo(3);
        assertThat(own.getString("s")).isEqualTo("[\"salvage\"]");
        assertThat(WebhookTemplate.of("${nonsense} ${id}").unknownNames()).containsExactly("${nonsense}");
    }

    @Test
    void aServerThatFailsForAMomentIsTriedAgain() {
        statuses.addAll(List.of(503, 429));
        webhook().ended(loss("2"));
        await().until(() -> received.size() == 3);
        assertThat(deadLetters).isEmpty();
    }

    @Test
    void whatAServerDoesNotTakeIsOnRecordAndWhereItWentIsNotTold() {
        statuses.add(404);
        webhook().ended(loss("2"));
        await().until(() -> !deadLetters.isEmpty());
        assertThat(received).hasSize(1);
        Incident dead = deadLetters.get(0);
        assertThat(dead.component()).isEqualTo("notification");
        assertThat(dead.severity()).isEqualTo(Severity.MEDIUM);
        assertThat(dead.diagnosis()).isEqualTo("HTTP status 404");
        assertThat(dead.steps()).containsExactly("incident 2");
        assertThat(dead.toString()).doesNotContain("secret");
    }

    @Test
    void aServerThatIsGoneIsNotTriedForEver() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        Webhook webhook = webhook(port, "json");
        for (int i = 0; i < 10; i++) {
            webhook.ended(loss("" + i));
        }
        await().until(() -> deadLetters.size() == 10);
        assertThat(deadLetters.get(0).diagnosis()).contains("ConnectException");
        assertThat(deadLetters.get(9).diagnosis()).contains("is not tried for a while");
    }

    @Test
    void aServerThatHangsHoldsNobodyUp() throws Exception {
        try (ServerSocket hanging = new ServerSocket(0)) {
            Webhook webhook = webhook(hanging.getLocalPort(), "json");
            long start = System.nanoTime();
            for (int i = 0; i < 1_000; i++) {
                webhook.ended(loss("" + i));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            await().until(() -> deadLetters.size() >= 899);
            assertThat(deadLetters.get(0).diagnosis()).isEqualTo("more than 100 wait");
        }
    }

    @Test
    void anAnswerWithoutEndIsNotRead() throws Exception {
        try (ServerSocket flooding = new ServerSocket(0)) {
            threads.execute(() -> {
                while (!flooding.isClosed()) {
                    try {
                        Socket socket = flooding.accept();
                        threads.execute(() -> flood(socket));
                    } catch (IOException closed) {
                        return;
                    }
                }
            });
            Webhook webhook = webhook(flooding.getLocalPort(), "json");
            webhook.ended(loss("1"));
            webhook.ended(loss("2"));
            await().until(() -> received.size() >= 2);
            assertThat(deadLetters).isEmpty();
        }
    }

    private void flood(Socket socket) {
        try (socket) {
            received.add("connected");
            OutputStream out = socket.getOutputStream();
            out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] chunk = ("1000\r\n" + "x".repeat(0x1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            while (true) {
                out.write(chunk);
            }
        } catch (IOException hungUp) {
            // It had to.
        }
    }
}
