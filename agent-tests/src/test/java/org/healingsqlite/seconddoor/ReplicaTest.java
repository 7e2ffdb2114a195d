package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.OtherJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that knows nothing of healing, with the agent and {@code healing.replica}. What it opens as {@code jdbc:healing:sqlite:} is opened as a plain URL: see {@link PlainUrls}. */
class ReplicaTest {
    @TempDir
    Path directory;

    private OtherJvm program() throws IOException {
        return OtherJvm.start(
                System.getProperty("java.home"),
                List.of("-Dhealing.replica=" + store().toUri(), "-Dhealing.replicaEvery=100ms"),
                System.getProperty("java.class.path"));
    }

    private Path store() {
        return directory.resolve("store");
    }

    private Path database(String machine) throws IOException {
        return Files.createDirectories(directory.resolve(machine)).resolve("app.db");
    }

    /** Whether somebody has shipped, and has given the lease back after the last part. */
    private boolean isShippedAndLeft() throws IOException {
        if (!Files.isDirectory(store().resolve("healing/leases"))) {
            return false;
        }
        try (Stream<Path> leases = Files.list(store().resolve("healing/leases"))) {
            for (Path lease : leases.toList()) {
                if (!lease.toString().contains(".part-")
                        && !Files.readString(lease).contains("expires=1970-")) {
                    return false;
                }
            }
        }
        try (Stream<Path> all = Files.walk(store())) {
            return all.anyMatch(path -> path.toString().endsWith(".snapshot.lz4"));
        }
    }

    private static String tell(OtherJvm program, String command) throws IOException {
        String answer = program.ask(command);
        assertThat(answer).startsWith("ok");
        return answer;
    }

    @Test
    void whatItCommitsIsShippedAndIsThereOnAnEmptyMachine() throws Exception {
        try (OtherJvm program = program()) {
            tell(program, "open c jdbc:healing:sqlite:" + database("first") + "?journal_mode=WAL");
            tell(program, "run c CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
            tell(program, "run c INSERT INTO t (v) VALUES ('shipped')");
            tell(program, "close c");
            await().until(this::isShippedAndLeft);
        }
        try (OtherJvm program = program()) {
            tell(program, "open c jdbc:healing:sqlite:" + database("second"));
            assertThat(tell(program, "rows c SELECT v FROM t")).contains("shipped");
        }
    }
}
