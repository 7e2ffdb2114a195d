package org.healingsqlite.demo.backups;

import com.grack.nanojson.JsonWriter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** {@code GET /health}: a report as JSON, 503 where it is unhealthy; {@code GET /events}: alerts as server-sent events. For this machine only. */
final class HealthServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Supplier<HealthReport> health;
    private final Alerts alerts;

    /** Starts it on a port that is free. */
    HealthServer(Supplier<HealthReport> health, Alerts alerts) throws IOException {
        this.health = health;
        this.alerts = alerts;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/health", this::answer);
        server.createContext("/events", this::stream);
        server.start();
    }

    URI address() {
        InetSocketAddress address = server.getAddress();
        return URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            HealthReport report = health.get();
            byte[] body = report.json().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(
                    report.status() == HealthStatus.UNHEALTHY
                            ? HttpURLConnection.HTTP_UNAVAILABLE
                            : HttpURLConnection.HTTP_OK,
                    body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Ends with the server, or at the first event that the client is not there for any more. */
    private void stream(HttpExchange exchange) throws IOException {
        BlockingQueue<ErrorEvent> queue = alerts.subscribe();
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, 0);
            OutputStream body = exchange.getResponseBody();
            body.flush();
            while (true) {
                body.write(serverSentEvent(queue.take()).getBytes(StandardCharsets.UTF_8));
                body.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            alerts.unsubscribe(queue);
        }
    }

    private static String serverSentEvent(ErrorEvent event) {
        String json = JsonWriter.string()
                .object()
                .value("component", event.component())
                .value("type", event.errorType())
                .value("message", event.message())
                .value("job", event.jobId())
                .end()
                .done();
        return "event: " + event.severity() + "\ndata: " + json + "\n\n";
    }

    @Override
    public void close() {
        threads.shutdownNow();
        server.stop(0);
    }
}
