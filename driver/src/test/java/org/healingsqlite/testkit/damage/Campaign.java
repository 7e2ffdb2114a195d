package org.healingsqlite.testkit.damage;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/** Salvages many damaged databases and adds up what came back. */
public final class Campaign {

    /** What is put to the test. */
    public interface Tool {
        /** Brings back what it can of a damaged database, into a file that does not exist yet. */
        void bringBack(Path damaged, Path output) throws IOException;
    }

    private final Tool tool;
    private final Path directory;
    private final Map<String, Score> byKind = new TreeMap<>();
    private final Map<String, Score> byShape = new TreeMap<>();
    private final Score overall = new Score();

    public Campaign(Tool tool, Path directory) {
        this.tool = tool;
        this.directory = directory;
    }

    /** Runs each shape with each kind that applies to it, as far as the filter lets them. */
    public Campaign run(long seed, BiPredicate<Shape, DamageKind> filter) throws SQLException, IOException {
        for (Shape shape : Shape.values()) {
            Victim victim = null;
            for (DamageKind kind : DamageKind.values()) {
                if (filter.test(shape, kind)) {
                    if (victim == null) {
                        victim = shape.make(seed, directory);
                    }
                    Damaged damaged = kind.hurt(victim, seed);
                    if (damaged != null) {
                        run(damaged, shape, kind, seed);
                    }
                }
            }
        }
        return this;
    }

    private void run(Damaged damaged, Shape shape, DamageKind kind, long seed) throws IOException {
        String title = kind + " " + shape + " seed " + seed;
        Path file = directory.resolve("damaged.db");
        Path output = directory.resolve("output.db");
        damaged.files().write(file);
        Score score;
        try {
            tool.bringBack(file, output);
            score = Scorer.score(damaged, output, title);
            if (!DatabaseFiles.read(file).equals(damaged.files())) {
                score.broken++;
                score.note(title + ": the input changed");
            }
        } catch (IOException | RuntimeException e) {
            score = Scorer.score(damaged, directory.resolve("absent.db"), title);
            score.broken = 1;
            score.note(title + ": " + e);
        } finally {
            DatabaseFiles.delete(file);
            DatabaseFiles.delete(output);
            Files.deleteIfExists(output);
        }
        byKind.computeIfAbsent(kind.name(), k -> new Score()).add(score);
        byShape.computeIfAbsent(shape.name(), k -> new Score()).add(score);
        overall.add(score);
    }

    public Score overall() {
        return overall;
    }

    /** Scores of kinds of damage by name. */
    public Map<String, Score> byKind() {
        return byKind;
    }

    /** Prints both tables and, if wanted, what to look at. */
    public void print(PrintStream out, boolean withNotes) {
        out.println(Score.heading());
        byKind.forEach((kind, score) -> out.println(score.line(kind)));
        out.println();
        byShape.forEach((shape, score) -> out.println(score.line(shape)));
        out.println();
        out.println(overall.line("all"));
        if (withNotes) {
            byKind.values().forEach(score -> score.notes().forEach(out::println));
        }
    }
}
