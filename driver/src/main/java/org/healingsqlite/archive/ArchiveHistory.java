package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.salvage.ProgressListener;

/**
 * What a kept archive was before it was written anew: earlier rows, each with the log of what was committed afterwards, beside the newest. Answers what was in the database at a
 * moment, as far back as they reach. Immutable.
 */
@Experimental
public final class ArchiveHistory {
    private static final String MANIFEST = ".properties";
    private static final String HELD = ".held";

    /** A heal that has put something aside is on record by then, also on a machine that is busy. */
    private static final Duration ON_RECORD = Duration.ofMinutes(10);

    private final Path archive;

    private ArchiveHistory(Path archive) {
        this.archive = archive;
    }

    /** That of an archive that is kept. */
    public static ArchiveHistory of(Path archive) {
        return new ArchiveHistory(archive);
    }

    /**
     * How much of it stays.
     *
     * @param kept how long; of what is older than an hour one for each hour, of what is older than a day one for each day
     * @param lossy since when the database may lack rows that nobody has looked at: what was written before stays as long; empty where it lacks none
     */
    public record Retention(Duration kept, Supplier<Optional<Instant>> lossy) {
        /** Nothing more is put aside; what is there stays, for whoever has put it aside. */
        public static final Retention NONE = new Retention(Duration.ZERO, Optional::empty);
    }

    /**
     * One writing of the rows.
     *
     * @param manifest the file's name
     * @param name of its directory
     * @param created when the rows were read, or a little later
     * @param log the file that it goes on in; empty where it goes on in none
     */
    private record Generation(String manifest, String name, Instant created, String log) {
        static Optional<Generation> of(Path file) throws IOException {
            Manifest manifest = Manifest.read(file);
            String schema = manifest.get("schema").orElse("");
            try {
                return schema.contains("/")
                        ? Optional.of(new Generation(
                                String.valueOf(file.getFileName()),
                                schema.substring(0, schema.indexOf('/')),
                                Instant.parse(manifest.get("created").orElse("")),
                                manifest.get("changes").orElse("")))
                        : Optional.empty();
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
    }

    /** The newest first. */
    private List<Generation> generations() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(archive)) {
            files = list.filter(path -> ArchiveExport.isOwn(path.getFileName())
                            && path.toString().endsWith(MANIFEST)
                            && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        List<Generation> found = new ArrayList<>();
        for (Path file : files) {
            Generation.of(file).ifPresent(found::add);
        }
        found.sort(Comparator.comparing(Generation::created).reversed());
        return found;
    }

    private Optional<Generation> newest() throws IOException {
        Path manifest = archive.resolve(Manifest.FILE);
        return Files.isRegularFile(manifest, LinkOption.NOFOLLOW_LINKS) ? Generation.of(manifest) : Optional.empty();
    }

    // ---- Keeping

    /** Lets what the archive is now stay beside what is about to take its place. */
    void keep() throws IOException {
        Optional<Generation> now = newest();
        if (now.isPresent()) {
            Path kept = archive.resolve(now.get().name() + MANIFEST);
            if (Files.notExists(kept)) {
                Path written = archive.resolve(now.get().name() + MANIFEST + ".part");
                Files.copy(archive.resolve(Manifest.FILE), written, StandardCopyOption.REPLACE_EXISTING);
                DurableFiles.publish(written, kept);
            }
        }
    }

    /**
     * Lets what the archive is now stay until nobody misses rows any more: a heal is about to put content in place that may lack some.
     *
     * @throws IOException where that is not possible
     */
    public void hold() throws IOException {
        Optional<Generation> now = newest();
        if (now.isPresent()) {
            keep();
            Path held = archive.resolve(now.get().name() + HELD);
            if (Files.notExists(held)) {
                Files.createFile(held);
            }
            DurableFiles.forceDirectory(archive);
        }
    }

    /** The names of what stays, beside the newest. */
    Set<String> retained(Retention retention, Instant moment) throws IOException {
        Optional<Instant> lossy = retention.lossy().get();
        Set<String> names = new HashSet<>();
        Set<Instant> periods = new HashSet<>();
        Instant end = newest().map(Generation::created).orElse(moment);
        boolean before = lossy.isEmpty();
        for (Generation each : generations()) {
            Duration age = Duration.between(end, moment);
            boolean young = age.compareTo(retention.kept()) < 0
                    && (age.compareTo(Duration.ofHours(1)) < 0
                            || periods.add(end.truncatedTo(
                                    age.compareTo(Duration.ofDays(1)) < 0 ? ChronoUnit.HOURS : ChronoUnit.DAYS)));
            boolean lastWhole = !before && each.created().isBefore(lossy.orElse(Instant.MAX));
            before |= lastWhole;
            boolean others = retention.equals(Retention.NONE);
            if (others || young || lastWhole || isHeld(each, lossy.isPresent(), moment)) {
                names.addAll(List.of(each.name(), each.manifest(), each.name() + HELD, each.log()));
            }
            end = each.created();
        }
        return names;
    }

    private boolean isHeld(Generation generation, boolean lossy, Instant moment) throws IOException {
        Path held = archive.resolve(generation.name() + HELD);
        return Files.exists(held)
                && (lossy
                        || Files.getLastModifiedTime(held)
                                .toInstant()
                                .plus(ON_RECORD)
                                .isAfter(moment));
    }

    // ---- Asking

    /**
     * What there was at a moment, as far as it could be read.
     *
     * @param written when its rows were written: what was committed between that and the moment, and is in no log, is not there
     * @param report what was read, and what was not; where it has problems, nobody can tell whether that is all there was
     */
    public record Restored(Instant written, ImportReport report) {}

    /** The moments from which on something is known, the oldest first. */
    public List<Instant> moments() throws IOException {
        List<Instant> moments = new ArrayList<>();
        newest().map(Generation::created).ifPresent(moments::add);
        generations().forEach(each -> moments.add(each.created()));
        return moments.stream().distinct().sorted().toList();
    }

    /**
     * Makes a database of what there was at a moment: the rows as they were written before it, and every commit of the log up to it.
     *
     * @param target must not exist
     * @throws ArchiveException where nothing is kept from before the moment
     */
    public Restored restore(Instant moment, Path target) throws SQLException, IOException {
        List<Generation> all = new ArrayList<>(newest().stream().toList());
        all.addAll(generations());
        Optional<Generation> found = all.stream()
                .filter(each -> !each.created().isAfter(moment))
                .max(Comparator.comparing(Generation::created));
        if (found.isEmpty()) {
            throw new ArchiveException(archive + " keeps nothing from before " + moment + "; the oldest is of "
                    + moments().stream().findFirst().map(String::valueOf).orElse("no time at all"));
        }
        ImportReport report = ArchiveRestore.of(
                        Archive.open(archive, found.get().manifest()))
                .until(moment)
                .into(target, ProgressListener.NONE);
        return new Restored(found.get().created(), report);
    }
}
