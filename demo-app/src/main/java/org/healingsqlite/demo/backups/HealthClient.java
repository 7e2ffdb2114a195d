package org.healingsqlite.demo.backups;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.healingsqlite.demo.report.Calls;

/** Who asks the health endpoint over HTTP, and listens to its events. Any thread may ask. */
public final class HealthClient implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String DATA = "data: ";

    private final URI address;
    private final Calls calls;
    private final InputStream events;
    private final BlockingQueue<String> alerts = new LinkedBlockingQueue<>();
    private final Thread listener;

    /** Connects to the events; what happens from now on is heard. */
    public HealthClient(URI address, Calls calls) {
        this.address = address;
        this.calls = calls;
        events = get("/events", HttpResponse.BodyHandlers.ofInputStream()).body();
        listener = new Thread(this::listen, "events of " + address);
        listener.start();
    }

    private <T> HttpResponse<T> get(String path, HttpResponse.BodyHandler<T> handler) {
        return HTTP.sendAsync(HttpRequest.newBuilder(address.resolve(path)).build(), handler)
                .join();
    }

    private void listen() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(DATA)) {
                    alerts.add(line.substring(DATA.length()));
                }
            }
        } catch (IOException e) {
            // The stream has ended, here or there.
        }
    }

    /**
     * Asks how the application is; one call.
     *
     * @throws IllegalStateException where it says that it is unhealthy
     */
    public String health() throws SQLException {
        return calls.count(() -> summary(get("/health", HttpResponse.BodyHandlers.ofString())));
    }

    private static String summary(HttpResponse<String> response) {
        try {
            JsonObject report = JsonParser.object().from(response.body());
            JsonObject tracking = report.getObject("components").getObject("error_tracking");
            if (response.statusCode() != HttpURLConnection.HTTP_OK) {
                throw new IllegalStateException(response.statusCode() + ", " + tracking.getString("error"));
            }
            return response.statusCode() + ", " + report.getString("status") + ", " + tracking.getLong("total_errors")
                    + " events, " + tracking.getLong("unresolved_errors") + " unresolved";
        } catch (JsonParserException e) {
            throw new IllegalStateException(response.body(), e);
        }
    }

    /** The alerts that have come and that nobody has taken. */
    public BlockingQueue<String> alerts() {
        return alerts;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        events.close();
        listener.join();
    }
}
