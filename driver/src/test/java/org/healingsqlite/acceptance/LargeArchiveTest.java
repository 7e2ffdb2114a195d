package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file is gone, and the archive is much larger than the heap of the process that needs it. */
@DisplayName("S2-28: large archives streamed")
class LargeArchiveTest {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    @Test
    @DisplayName("S2-28: a hundred thousand rows come back through the driver in a heap of 16 MiB")
    void aHundredThousandRowsComeBackInASmallHeap() throws Exception {
        comesBack(100_000, "-Xmx16m");
    }

    @Test
    @Tag("campaign")
    @DisplayName("S2-28: a million rows come back through the driver in a heap of 64 MiB, in less than 5 minutes")
    void aMillionRowsComeBackInAHeapOf64MiB() throws Exception {
        comesBack(1_000_000, "-Xmx64m");
    }

    private void comesBack(int rows, String heap) throws Exception {
        Path schema = Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, price REAL, text TEXT);");
        Path archive = Files.createDirectory(directory.resolve("archive"));
        long sum = write(archive.resolve("note.csv"), rows);
        try (OtherJvm small =
                OtherJvm.start(System.getProperty("java.home"), List.of(heap), System.getProperty("java.class.path"))) {
            long start = System.nanoTime();
            assertThat(small.ask("open c jdbc:healing:sqlite:" + directory.resolve("app.db") + "?healing.schema="
                            + schema + "&healing.archive=" + archive))
                    .startsWith("ok");
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            assertThat(small.ask("rows c SELECT count(*), sum(length(text)) FROM note"))
                    .isEqualTo("ok [[" + rows + ", " + sum + "]]");
            System.out.printf("%,d rows back in %.1f s (%s)%n", rows, took.toMillis() / 1e3, heap);
            assertThat(took).isLessThan(LONGEST);
        }
    }

    /** Writes the rows; the characters in all their texts. */
    private static long write(Path file, int rows) throws IOException {
        long sum = 0;
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write("id,author,price,text\n");
            for (int i = 1; i <= rows; i++) {
                String text = "text of note " + i + ", with a comma and 'quotes', long enough to be told from nothing";
                out.write(i + ",author " + i % 1000 + "," + i % 997 + ".25,\"" + text + "\"\n");
                sum += text.length();
            }
        }
        return sum;
    }
}
