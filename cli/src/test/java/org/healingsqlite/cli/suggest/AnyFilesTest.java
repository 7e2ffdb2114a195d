package org.healingsqlite.cli.suggest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a directory holds, something is proposed for it that can be tried: the lines are drawn, the seed is fixed. */
class AnyFilesTest {
    private static final long SEED = 20;
    private static final int DIRECTORIES = 80;
    private static final String SCHEMA =
            "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT, joined TEXT, active INTEGER);"
                    + "CREATE TABLE note (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES user (id), text TEXT)";
    private static final List<String> LINES = List.of(
            "User Registrations for June 2026",
            "Notes",
            "",
            "2026-06-01 anna",
            "2026-06-02 - bob joined",
            "name: anna",
            "text: some words",
            "Format: id|name|joined",
            "1|anna|2026-06-01",
            "id,name,joined,active",
            "1,anna,2026-06-01,yes",
            "id;name;joined;active",
            "1;anna;2026-06-01;yes",
            "Note 7 by anna",
            "Activity:",
            "2026-06-03 - anna wrote this note",
            "some words: and | more, words",
            "{\"id\":1,\"name\":\"anna\"}");

    @TempDir
    Path directory;

    @Test
    void somethingIsProposedForAnyFilesAndCanBeTried() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < DIRECTORIES; i++) {
            Path archive = Files.createDirectory(directory.resolve("archive" + i));
            String first = LINES.get(random.nextInt(LINES.size()));
            int files = 1 + random.nextInt(4);
            for (int f = 0; f < files; f++) {
                StringBuilder text = new StringBuilder(random.nextInt(3) == 0 ? "" : first + "\n");
                for (int l = random.nextInt(6); l > 0; l--) {
                    text.append(LINES.get(random.nextInt(LINES.size()))).append('\n');
                }
                Files.writeString(archive.resolve("f" + f + (random.nextBoolean() ? ".txt" : ".csv")), text);
            }
            assertThatCode(() -> assertThat(
                                    ManifestSuggestion.of(archive, SCHEMA).manifest())
                            .contains("version=2"))
                    .as("directory %d with seed %d: %s", i, SEED, texts(archive))
                    .doesNotThrowAnyException();
        }
    }

    private static String texts(Path archive) throws Exception {
        StringBuilder texts = new StringBuilder();
        try (Stream<Path> list = Files.list(archive).sorted(Comparator.naturalOrder())) {
            for (Path file : list.toList()) {
                texts.append(file.getFileName()).append(":\n").append(Files.readString(file));
            }
        }
        return texts.toString();
    }
}
