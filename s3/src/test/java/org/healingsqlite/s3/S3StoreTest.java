package org.healingsqlite.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.healingsqlite.replica.ReplicaStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a replica relies on, asked of a server that speaks as S3 does. */
class S3StoreTest {
    private static final long SEED = 34;

    /** The smallest part that S3 takes. */
    private static final int PART = 5 << 20;

    private static S3Server server;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    private static ReplicaStore store(String prefix) throws IOException {
        return new S3Stores().open(server.url(prefix));
    }

    private static ReplicaStore.Content text(String text) {
        return ReplicaStore.Content.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(ReplicaStore store, String key) throws IOException {
        try (InputStream in = store.get(key)) {
            return in.readAllBytes();
        }
    }

    private static String text(ReplicaStore store, String key) throws IOException {
        return new String(bytes(store, key), StandardCharsets.UTF_8);
    }

    @Test
    void anObjectIsThereWithWhatWasPutLastUntilItIsDeleted() throws Exception {
        ReplicaStore store = store("objects");
        store.put("a/1", text("one"));
        store.put("a/1", text("other"));
        assertThat(text(store, "a/1")).isEqualTo("other");
        store.delete("a/1");
        store.delete("a/1");
        assertThatThrownBy(() -> store.get("a/1"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("s3://backups/objects/a/1");
    }

    @Test
    void objectsAreListedByKeyAlsoWhereTheyAreMoreThanOnePage() throws Exception {
        S3Address address = S3Address.of(server.url("many"));
        ReplicaStore store = new S3Store(S3Stores.client(address), address.bucket(), address.prefix(), PART, 5);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 23; i++) {
            keys.add(String.format(Locale.ROOT, "wal/%08x", i));
            store.put(keys.get(i), text("x"));
        }
        store.put("snapshots/1", text("long"));
        store("many-others").put("wal/1", text("x"));

        assertThat(store.list("wal/")).extracting(ReplicaStore.Entry::key).isEqualTo(keys);
        assertThat(store.list("snap")).singleElement().satisfies(entry -> {
            assertThat(entry.key()).isEqualTo("snapshots/1");
            assertThat(entry.sizeBytes()).isEqualTo(4);
            assertThat(entry.modified()).isNotNull();
        });
        assertThat(store.list("nothing")).isEmpty();
    }

    @Test
    void ofEightWhoPutAnAbsentKeyExactlyOneSucceeds() throws Exception {
        ReplicaStore store = store("races");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int key = 0; key < 20; key++) {
                String name = "lease/" + key;
                List<Callable<Boolean>> racers = new ArrayList<>();
                for (int racer = 0; racer < 8; racer++) {
                    ReplicaStore.Content content = text("racer " + racer);
                    racers.add(() -> store.putIfAbsent(name, content));
                }
                int winner = -1;
                List<Future<Boolean>> ended = threads.invokeAll(racers);
                for (int racer = 0; racer < 8; racer++) {
                    if (ended.get(racer).get()) {
                        assertThat(winner).as("%s has one winner", name).isNegative();
                        winner = racer;
                    }
                }
                assertThat(text(store, name)).isEqualTo("racer " + winner);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(store.list("")).as("nothing else is left").hasSize(20);
    }

    @Test
    void aPutWhoseAnswerIsLostHasSucceededWhenItIsMadeAgain() throws Exception {
        AtomicInteger puts = new AtomicInteger();
        AtomicReference<String> mark = new AtomicReference<>("");
        HttpServer forgetful = server(exchange -> {
            switch (exchange.getRequestMethod()) {
                case "PUT" -> {
                    boolean lease = exchange.getRequestURI().getPath().endsWith("/lease");
                    if (lease && puts.incrementAndGet() == 1) {
                        mark.set(exchange.getRequestHeaders().getFirst("x-amz-meta-healing-put"));
                        return 500;
                    }
                    return exchange.getRequestHeaders().containsKey("If-None-Match") ? 412 : 200;
                }
                case "HEAD" -> exchange.getResponseHeaders().set("x-amz-meta-healing-put", mark.get());
                default -> {}
            }
            return 200;
        });
        try {
            ReplicaStore store = new S3Stores().open(address(forgetful));
            assertThat(store.putIfAbsent("lease", text("mine"))).isTrue();
            assertThat(puts).hasValue(2);
            mark.set("of somebody else");
            assertThat(store.putIfAbsent("lease", text("mine"))).isFalse();
        } finally {
            forgetful.stop(0);
        }
    }

    @Test
    void aLargeObjectIsPutInPartsAndIsWhole() throws Exception {
        byte[] large = new byte[2 * PART + 17];
        new Random(SEED).nextBytes(large);
        S3Address address = S3Address.of(server.url("large"));
        ReplicaStore store = new S3Store(S3Stores.client(address), address.bucket(), address.prefix(), PART, 5);

        assertThat(store.putIfAbsent("snapshot", ReplicaStore.Content.of(large)))
                .isTrue();

        assertThat(bytes(store, "snapshot")).isEqualTo(large);
        assertThat(store.putIfAbsent("snapshot", ReplicaStore.Content.of(new byte[PART + 1])))
                .isFalse();
        assertThat(bytes(store, "snapshot")).isEqualTo(large);
    }

    @Test
    void whatCannotBeWrittenLeavesNothing() throws Exception {
        ReplicaStore store = store("failing");
        assertThatThrownBy(() -> store.put("a", out -> {
                    out.write(1);
                    throw new IOException("no more");
                }))
                .hasMessage("no more");
        assertThat(store.list("")).isEmpty();
    }

    @Test
    void aStoreThatReplacesWhateverIsAskedIsRefused() throws Exception {
        HttpServer careless = server(exchange -> 200);
        try {
            ReplicaStore store = new S3Stores().open(address(careless));
            assertThatThrownBy(() -> store.putIfAbsent("lease/1", text("mine")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no conditional writes");
        } finally {
            careless.stop(0);
        }
    }

    /** What a server answers. */
    private interface Answer {
        int status(HttpExchange exchange);
    }

    private static HttpServer server(Answer answer) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("ETag", "\"1\"");
            exchange.sendResponseHeaders(answer.status(exchange), -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI address(HttpServer server) {
        return URI.create("s3://backups/x?pathStyle=true&endpoint=http://127.0.0.1:"
                + server.getAddress().getPort());
    }

    @Test
    void aServerThatIsNotThereIsAnErrorThatNamesTheStore() throws Exception {
        ReplicaStore store =
                new S3Stores().open(URI.create("s3://backups/x?pathStyle=true&endpoint=http://127.0.0.1:1"));
        assertThatThrownBy(() -> store.put("a", text("x")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("s3://backups/x/a");
    }
}
