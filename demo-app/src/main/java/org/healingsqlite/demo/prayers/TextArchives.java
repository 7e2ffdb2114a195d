package org.healingsqlite.demo.prayers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the wall writes as text beside its database, as people can read it. For one thread. */
public final class TextArchives {
    private final Path directory;

    /**
     * The archives in a directory, which is made.
     *
     * @param manifest says where the rows of the files belong
     */
    public TextArchives(Path directory, String manifest) throws IOException {
        this.directory = directory;
        for (String part : List.of("prayers", "users", "metadata")) {
            Files.createDirectories(directory.resolve(part));
        }
        Files.writeString(directory.resolve("archive.properties"), manifest);
        begin("metadata/prayer_marks.txt", "Format: prayer_id|user_name\n");
        begin("metadata/sessions.txt", "Format: token|user_name|agent\n");
    }

    private void begin(String file, String head) throws IOException {
        if (Files.notExists(directory.resolve(file))) {
            Files.writeString(directory.resolve(file), head);
        }
    }

    void user(long id, String name, @Nullable Long invitedBy) {
        write(
                "users/user_" + id + ".txt",
                "User id: " + id + "\nName: " + name + "\n"
                        + (invitedBy == null ? "" : "Invited by: " + invitedBy + "\n"));
    }

    void prayer(long id, String author, String createdAt, String text) {
        write(
                "prayers/prayer_" + id + ".txt",
                "Prayer " + id + " by " + author + "\nSubmitted " + createdAt + "\n\n" + text + "\n");
    }

    void mark(long prayerId, String user) {
        append("metadata/prayer_marks.txt", prayerId + "|" + user + "\n");
    }

    void session(String token, String user, String agent) {
        append("metadata/sessions.txt", token + "|" + user + "|" + agent + "\n");
    }

    private void write(String file, String text) {
        try {
            Files.writeString(directory.resolve(file), text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void append(String file, String line) {
        try {
            Files.writeString(directory.resolve(file), line, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
