package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.replication.Replicas;
import org.healingsqlite.salvage.ProgressListener;
import org.jspecify.annotations.Nullable;

/**
 * Gives the rows of {@link RowSources} to a database that has lost them: a whole copy where nothing else is left, or what is missing, key by key.
 * A source that fails is left out and told by {@link #problems}. For one heal; not shared by threads.
 */
@Internal
public final class RowSupply {
    private static final int MOST_SHOWN = 3;
    private static final int MOST_TABLES = 8;

    private final RowSources sources;
    private final ProgressListener progress;
    private final List<String> problems = new ArrayList<>();
    private @Nullable Archive opened;
    private boolean looked;
    private @Nullable IOException replicaFailure;

    public RowSupply(RowSources sources, ProgressListener progress) {
        this.sources = sources;
        this.progress = progress;
    }

    /**
     * A whole database that stands for the lost one.
     *
     * @param source for a reader
     * @param asOf the moment it tells of; empty where nobody knows
     * @param ofArchive whether it is the archive itself, so that the archive has nothing to add
     */
    public record WholeCopy(String source, Optional<Instant> asOf, boolean ofArchive) {
        /** What it cannot have, for a reader. */
        public String missing() {
            return "what was committed after "
                    + asOf.map(moment -> moment.truncatedTo(ChronoUnit.SECONDS).toString())
                            .orElse("that copy was made");
        }
    }

    /**
     * What the archive gave.
     *
     * @param source for a reader
     * @param rows new in the database, by table
     * @param conflicts rows of the same key with other values
     * @param complete whether everything in the archive is in the database, or another row of the same key
     */
    public record Supplied(String source, Map<String, Long> rows, long conflicts, boolean complete) {
        public Supplied {
            rows = new LinkedHashMap<>(rows);
        }

        /** Rows in all tables. */
        public long totalRows() {
            return rows.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** What is wrong with the sources, as far as they were asked. */
    public List<String> problems() {
        return List.copyOf(problems);
    }

    // ---- A whole copy

    @FunctionalInterface
    private interface Source {
        Optional<WholeCopy> into(Path target) throws SQLException, IOException, InterruptedException;
    }

    /**
     * Makes a copy of the best source there is: an archive that was kept up to its last commit, the operator's command, the newest sound snapshot,
     * or an archive that holds its schema and is newer than that.
     *
     * @param database the lost one
     * @param target must not exist; the caller's afterwards
     * @return empty where no source has a whole database
     */
    public Optional<WholeCopy> wholeCopy(Path database, Path target) {
        Optional<Archive> exact =
                archive().filter(archive -> archive.schemaStatements().isPresent());
        List<Source> order = new ArrayList<>();
        if (exact.isPresent() && exact.get().isKept()) {
            order.add(file -> restored(exact.get(), file));
        }
        sources.replica().ifPresent(replica -> order.add(file -> shipped(replica, file)));
        sources.restoreCommand().ifPresent(command -> order.add(file -> fetched(command, database, file)));
        Optional<Path> snapshot = newestSnapshot();
        if (exact.isPresent() && snapshot.isPresent() && isNewer(exact.get(), Snapshots.momentOf(snapshot.get()))) {
            order.add(file -> restored(exact.get(), file));
        }
        snapshot.ifPresent(path -> order.add(file -> copied(path, file)));
        exact.ifPresent(archive -> order.add(file -> restored(archive, file)));
        for (Source source : order) {
            try {
                Optional<WholeCopy> copy = source.into(target);
                if (copy.isPresent()) {
                    return copy;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                problems.add("interrupted");
                return Optional.empty();
            } catch (SQLException | IOException | RuntimeException e) {
                problems.add(Disclosure.message(e));
            }
        }
        return Optional.empty();
    }

    private Optional<WholeCopy> restored(Archive archive, Path target) throws SQLException, IOException {
        ImportReport report = ArchiveRestore.of(archive).into(target, progress);
        tell(report);
        if (SoundDatabase.objects(target) == 0) {
            Files.deleteIfExists(target);
            return Optional.empty();
        }
        return Optional.of(new WholeCopy(
                report.insertedRows() + " rows of the archive " + archive.directory() + counted(report),
                Optional.of(archive.asOf()),
                true));
    }

    private Optional<WholeCopy> shipped(RowSources.ReplicaSource replica, Path target) throws IOException {
        try {
            return Replicas.provider()
                    .orElseThrow(() -> new IOException("nobody here reads replicas"))
                    .restore(replica.settings(), replica.begunAfter(), target)
                    .map(restored -> new WholeCopy(restored.source(), Optional.of(restored.asOf()), false));
        } catch (IOException e) {
            replicaFailure = e;
            throw e;
        }
    }

    /** Why nobody knows whether the replica has the database, or why it is not to be restored; null where neither is so. */
    public @Nullable IOException replicaFailure() {
        return replicaFailure;
    }

    private Optional<WholeCopy> fetched(String command, Path database, Path target)
            throws IOException, InterruptedException {
        Path directory = target.toAbsolutePath().getParent();
        Path copy = RestoreCommand.of(command, sources.commandLimit())
                .fetch(database, directory == null ? target.getFileSystem().getPath(".") : directory);
        Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE);
        return Optional.of(new WholeCopy("the copy that the restore command fetched", Optional.empty(), false));
    }

    private static Optional<WholeCopy> copied(Path snapshot, Path target) throws IOException {
        Files.copy(snapshot, target);
        return Optional.of(new WholeCopy("the snapshot " + snapshot, Optional.of(Snapshots.momentOf(snapshot)), false));
    }

    private Optional<Path> newestSnapshot() {
        try {
            return sources.snapshots().isEmpty()
                    ? Optional.empty()
                    : Snapshots.in(sources.snapshots().get(), 1).newestSound();
        } catch (IOException | RuntimeException e) {
            problems.add("the snapshots cannot be read: " + Disclosure.text(e));
            return Optional.empty();
        }
    }

    // ---- What is missing

    /** Whether there is an archive that may have rows to add to content that tells of a moment. */
    public boolean mayAddTo(Optional<Instant> asOf) {
        return archive().isPresent() && (asOf.isEmpty() || isNewer(archive().get(), asOf.get()));
    }

    private boolean isNewer(Archive archive, Instant moment) {
        try {
            return archive.asOf().isAfter(moment);
        } catch (IOException e) {
            problems.add("the archive's age is not known: " + Disclosure.text(e));
            return true;
        }
    }

    /**
     * Adds the archive's rows to content that has its schema already.
     *
     * @param content in autocommit mode
     * @param tables those that may have lost rows
     * @param seedsOnly whether the content has no rows but those that come with the schema: then the archive is right
     * @return empty where there is no archive that can be used
     */
    public Optional<Supplied> addTo(Connection content, Predicate<String> tables, boolean seedsOnly) {
        Optional<Archive> archive = archive();
        if (archive.isEmpty()) {
            return Optional.empty();
        }
        MergePolicy policy = seedsOnly ? MergePolicy.ARCHIVE_WINS : sources.policy();
        try {
            ImportReport report =
                    ArchiveImport.of(archive.get()).onlyTables(tables).into(content, policy, progress);
            Map<String, Long> rows = new LinkedHashMap<>();
            report.tables().forEach((table, counts) -> {
                if (counts.inserted() + counts.mentioned() > 0) {
                    rows.put(table, counts.inserted() + counts.mentioned());
                }
            });
            long conflicts = seedsOnly ? 0 : report.conflicts();
            boolean complete = tell(report);
            String source = text(archive.get(), rows, conflicts, policy) + counted(report);
            return Optional.of(new Supplied(source, rows, conflicts, complete));
        } catch (SQLException | IOException | RuntimeException e) {
            problems.add("the archive " + archive.get().directory() + " cannot be imported: " + Disclosure.message(e));
            return Optional.empty();
        }
    }

    private static String text(Archive archive, Map<String, Long> rows, long conflicts, MergePolicy policy) {
        String tables = rows.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        return rows.values().stream().mapToLong(Long::longValue).sum() + " rows of the archive " + archive.directory()
                + (tables.isEmpty() ? "" : " (" + tables + ")")
                + (conflicts == 0
                        ? ""
                        : ", " + conflicts + " conflicts in which "
                                + (policy == MergePolicy.ARCHIVE_WINS ? "the archive" : "what was recovered")
                                + " was right");
    }

    /** What the archive holds and what is in the database, as they were compared after the import. */
    private static String counted(ImportReport report) {
        if (report.rowCounts().isEmpty()) {
            return "";
        }
        String tables = report.rowCounts().entrySet().stream()
                .sorted(Comparator.comparing(entry -> entry.getValue().agrees()))
                .limit(MOST_TABLES)
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining("; "));
        int more = report.rowCounts().size() - MOST_TABLES;
        return " [row counts " + (report.countsAgree() ? "verified: " : "DIFFER: ") + tables
                + (more > 0 ? "; and " + more + " more tables" : "") + "]";
    }

    /** Notes what is wrong with the archive; whether nothing is. Rows that another row of the same key stands for are not. */
    private boolean tell(ImportReport report) {
        // Counts that differ come first: no other problem says what is missing.
        List<String> wrong = report.problems().stream()
                .filter(problem -> !problem.conflict())
                .sorted(Comparator.comparing(problem -> !problem.counts()))
                .map(Problem::toString)
                .toList();
        long count = report.problemCount() - report.conflicts();
        if (count <= 0) {
            return true;
        }
        problems.addAll(wrong.subList(0, Math.min(wrong.size(), MOST_SHOWN)));
        if (count > MOST_SHOWN) {
            problems.add((count - MOST_SHOWN) + " more problems of the archive; archive verify lists them");
        }
        return false;
    }

    /** The archive, looked at once; empty where there is none to use. */
    private Optional<Archive> archive() {
        if (!looked) {
            looked = true;
            sources.archive().ifPresent(directory -> {
                try {
                    opened = Archive.open(directory);
                } catch (IOException | RuntimeException e) {
                    problems.add("the archive cannot be used: " + Disclosure.message(e));
                }
            });
        }
        return Optional.ofNullable(opened);
    }
}
