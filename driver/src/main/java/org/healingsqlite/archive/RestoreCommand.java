package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Printable;

/**
 * A command of the operator's that fetches a copy of the database from elsewhere, for example {@code litestream restore -o "$HEALING_TARGET" s3://...}.
 * It runs in the system's shell, is told by the environment which database is meant ({@code HEALING_DATABASE}) and where to put the copy
 * ({@code HEALING_TARGET}), and has a time limit. What it gives is checked.
 */
@Experimental
public final class RestoreCommand {
    private static final int REPORTED_CHARS = 2000;

    private final ShellCommand command;

    private RestoreCommand(ShellCommand command) {
        this.command = command;
    }

    public static RestoreCommand of(String command, Duration limit) {
        return new RestoreCommand(new ShellCommand(command, limit));
    }

    /**
     * Runs the command.
     *
     * @param database the database that is to be restored; the command must not write to it
     * @param directory where the copy is put; the caller owns it afterwards
     * @return the copy, sound
     * @throws ArchiveException where the command fails, takes too long, or gives no sound database; the command is named by its first word, and what it
     *     said is in the message where values may be shown
     */
    public Path fetch(Path database, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        String id = UUID.randomUUID().toString().substring(0, 8);
        Path target = directory.resolve("restored-" + id + ".db");
        Path output = directory.resolve("restored-" + id + ".log");
        boolean good = false;
        try {
            run(database, target, output);
            if (!Files.isRegularFile(target)) {
                throw failed("ended well but left nothing at HEALING_TARGET", output);
            }
            String problem = SoundDatabase.problem(target);
            if (!problem.isEmpty()) {
                throw failed("gave a damaged database: " + problem, output);
            }
            if (SoundDatabase.objects(target) == 0) {
                throw failed("gave an empty database", output);
            }
            good = true;
            return target;
        } finally {
            Files.deleteIfExists(output);
            if (!good) {
                Files.deleteIfExists(target);
            }
        }
    }

    private void run(Path database, Path target, Path output) throws IOException, InterruptedException {
        Map<String, String> environment = Map.of(
                "HEALING_DATABASE", database.toAbsolutePath().toString(),
                "HEALING_TARGET", target.toAbsolutePath().toString());
        Optional<String> problem = command.run(environment, ProcessBuilder.Redirect.to(output.toFile()));
        if (problem.isPresent()) {
            throw failed(problem.get(), output);
        }
    }

    /** What a command says has no bound; only the end of it is shown. */
    private static String end(Path output) throws IOException {
        if (!Files.isRegularFile(output)) {
            return "";
        }
        try (SeekableByteChannel channel = Files.newByteChannel(output)) {
            // A character takes up to four bytes.
            channel.position(Math.max(0, channel.size() - 4L * REPORTED_CHARS));
            return new String(Channels.newInputStream(channel).readNBytes(4 * REPORTED_CHARS), StandardCharsets.UTF_8);
        }
    }

    private ArchiveException failed(String what, Path output) throws IOException {
        String said = "";
        if (Disclosure.showsValues()) {
            String text = end(output).strip();
            String end = text.length() > REPORTED_CHARS ? text.substring(text.length() - REPORTED_CHARS) : text;
            said = "; it said: " + Printable.of(end) + " (" + Printable.of(command.text()) + ")";
        }
        return new ArchiveException("The restore command " + command.name() + " " + what + said);
    }
}
