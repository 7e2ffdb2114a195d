package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.salvage.FreedTrees;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;
import org.healingsqlite.schema.ReturnedRows;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Brings tables back that were dropped, from a copy of the files that was made afterwards. Where the log still has the drop, the database is read as it was before
 * it. Else the pages of the tables are looked for among the free ones ({@link FreedTrees}). Either gives a database that has the tables, and the salvage takes their
 * rows out of it and says what is missing. The copy is only read.
 *
 * <p>For one use, by the holder of the healer's turn.
 */
public final class Undrop implements AutoCloseable {
    private static final Log LOG = Log.of(Undrop.class);

    /** What the working copy is called. */
    private static final String BEFORE = ".before";

    private final DatabaseFile file;
    private final Evidence evidence;
    private final Workshop workshop;
    private final Map<String, Recovered> recovered = new LinkedHashMap<>();
    private int databases;
    private @Nullable BitSet unused;

    /**
     * For one copy.
     *
     * @param evidence of the database after the drop
     */
    public Undrop(DatabaseFile file, Evidence evidence) {
        this.file = file;
        this.evidence = evidence;
        this.workshop = new Workshop(file);
    }

    /**
     * What became of a table.
     *
     * @param name of the table
     * @param database has it, with the rows that were found; null where nothing was found
     * @param completeness whether these are all
     * @param content whether their values are proven
     * @param how where they come from, or why nothing was found; for a reader
     */
    public record Recovered(
            String name, @Nullable Path database, Completeness completeness, Content content, String how) {
        static Recovered nothing(String name, String why) {
            return new Recovered(
                    name, null, Completeness.unknown("table " + name + ": " + why), Content.UNVERIFIED, why);
        }
    }

    /** What was dropped, as far as the copy tells: the names of tables that its schema does not have. */
    public Set<String> dropped() throws SQLException, IOException {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        Set<String> there = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (LogStates.State state : LogStates.of(evidence)) {
            try (Connection connection = open(state)) {
                tables(connection).forEach(names::add);
            }
        }
        Path now = workOn(Optional.empty());
        try (FileChannel channel = FileChannel.open(now, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            names.addAll(FreedTrees.of(channel, unused()).names());
        }
        try (Connection connection = Sqlite.open(now, Access.IMMUTABLE.confined())) {
            there.addAll(tables(connection));
        }
        names.removeAll(there);
        names.removeIf(name -> name.toLowerCase(Locale.ROOT).startsWith("sqlite_"));
        return names;
    }

    /** The tables that the copy's schema has. */
    public Set<String> present() throws SQLException, IOException {
        try (Connection connection = Sqlite.open(workOn(Optional.empty()), Access.IMMUTABLE.confined())) {
            return tables(connection);
        }
    }

    /**
     * Looks for tables.
     *
     * @param wanted the statement of each by its name; empty where it is not known
     * @return one for each, in the same order
     * @throws IOException where nothing could be written beside the database
     */
    public List<Recovered> recover(Map<String, String> wanted) throws IOException {
        Map<String, String> open = new LinkedHashMap<>(wanted);
        try {
            for (LogStates.State state : LogStates.of(evidence)) {
                if (!open.isEmpty()) {
                    readBefore(state, open);
                }
            }
            if (!open.isEmpty()) {
                readFreed(open);
            }
        } catch (SQLException e) {
            LOG.warn("{}: dropped tables were not looked for further: {}", file.main(), Disclosure.message(e));
            open.keySet().forEach(name -> recovered.put(name, Recovered.nothing(name, Disclosure.message(e))));
        }
        return wanted.keySet().stream().map(name -> recovered.get(name)).toList();
    }

    /** Gives what was found to a database that has the table, which may have rows already. */
    public static ReturnedRows.Returned giveBack(Connection target, boolean nested, Recovered table)
            throws SQLException {
        Path from = table.database();
        if (from == null) {
            return new ReturnedRows.Returned(0, 0, 0);
        }
        try (Connection source = Sqlite.open(from, Access.IMMUTABLE.confined())) {
            return ReturnedRows.insert(target, nested, source, table.name());
        }
    }

    /** The statements that create a table, and what belongs to it, as far as they were found. */
    public static List<SchemaObject> objects(Recovered table) throws SQLException {
        Path from = table.database();
        if (from == null) {
            return List.of();
        }
        try (Connection source = Sqlite.open(from, Access.IMMUTABLE.confined())) {
            return SchemaSnapshot.read(source).objects().stream()
                    .filter(object -> object.table().equalsIgnoreCase(table.name()))
                    .toList();
        }
    }

    /** Removes what it has made, the databases with the rows included. */
    @Override
    public void close() {
        try {
            workshop.clear();
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), Disclosure.text(e));
        }
    }

    private static Set<String> tables(Connection connection) throws SQLException {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (SchemaObject object : SchemaSnapshot.read(connection).objects()) {
            if (object.type() == SchemaObject.Type.TABLE) {
                names.add(object.name());
            }
        }
        return names;
    }

    // ---- Before the drop, by the log

    private Connection open(LogStates.State state) throws SQLException, IOException {
        return Sqlite.open(workOn(Optional.of(state)), Access.IMMUTABLE.confined());
    }

    private void readBefore(LogStates.State state, Map<String, String> open) throws SQLException, IOException {
        Set<String> there;
        try (Connection connection = open(state)) {
            there = tables(connection);
        }
        List<String> found = open.keySet().stream().filter(there::contains).toList();
        if (found.isEmpty()) {
            return;
        }
        Salvaged salvaged = salvage(false);
        for (String name : found) {
            SalvageReport.TableReport report = salvaged.report(name).orElse(null);
            if (report != null) {
                open.remove(name);
                recovered.put(
                        name,
                        new Recovered(
                                name,
                                salvaged.database(),
                                report.completeness(),
                                report.content(),
                                "as it was before the drop, by the log"));
            }
        }
    }

    // ---- Free pages

    private void readFreed(Map<String, String> open) throws SQLException, IOException {
        Path work = workOn(Optional.empty());
        FreedTrees freed;
        FreedTables tables;
        try (FileChannel channel = FileChannel.open(work, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            freed = FreedTrees.of(channel, unused());
            tables = new FreedTables(freed);
            for (Map.Entry<String, String> table : open.entrySet()) {
                String name = table.getKey();
                tables.find(name, table.getValue()).ifPresent(why -> recovered.put(name, Recovered.nothing(name, why)));
            }
            tables.putBack(work);
        }
        if (!tables.names().isEmpty()) {
            Salvaged salvaged = salvage(false);
            for (String name : tables.names()) {
                SalvageReport.TableReport report = salvaged.report(name).orElse(null);
                recovered.put(
                        name,
                        report == null
                                ? Recovered.nothing(name, "nothing could be read of the pages that it had")
                                : fromFreed(name, salvaged.database(), report, tables.tree(name)));
            }
        }
        if (tables.names().size() < open.size() && freed.hasFreePages()) {
            open.keySet().removeAll(tables.names());
            readFragments(open.keySet(), freed);
        }
    }

    /** Leaves of which nothing tells whose they were: of the tables of which no root was found, or of rows that were deleted before. They go to lost and found. */
    private void readFragments(Set<String> open, FreedTrees found) throws SQLException, IOException {
        Path work = workOn(Optional.empty());
        try (FileChannel channel = FileChannel.open(work, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FreedTrees.of(channel, unused()).exposeFragments(found);
        }
        Salvaged salvaged = salvage(true);
        long rows = salvaged.made().lostAndFoundRows();
        if (rows > 0) {
            for (String name : open) {
                Recovered nothing = recovered.get(name);
                recovered.put(
                        name,
                        Recovered.nothing(
                                name,
                                (nothing == null ? "" : nothing.how() + "; ") + rows
                                        + " rows of free pages, which may be its own or were deleted before, are in "
                                        + evidence.lostAndFound()));
            }
        }
    }

    private static Recovered fromFreed(
            String name, Path database, SalvageReport.TableReport report, FreedTrees.Tree tree) {
        String pages = "from " + tree.pages() + " pages that were free, or that nothing led to"
                + (tree.missing() == 0 ? "" : ", " + tree.missing() + " of which were written to since, or are gone");
        Completeness said = report.completeness();
        return new Recovered(
                name,
                database,
                said.isWhole()
                        ? Completeness.unknown("table " + name
                                + ": no row is missing between those that were found, but nothing led to their pages,"
                                + " and nothing proves that none was written to in between")
                        : said,
                Content.UNVERIFIED,
                pages);
    }

    // ---- Working copies

    /** What the salvage made of the working copy. */
    private record Salvaged(Path database, SalvageReport made) {
        Optional<SalvageReport.TableReport> report(String table) {
            return made.tables().stream()
                    .filter(report -> report.name().equalsIgnoreCase(table))
                    .findFirst();
        }
    }

    /** @param keeps whether rows of no table are kept beside the copy, once */
    private Salvaged salvage(boolean keeps) throws IOException {
        databases++;
        Path target = workshop.preparedPart(".undropped" + databases);
        Salvage salvage = Salvage.of(workshop.part(BEFORE));
        boolean isNew = Files.notExists(evidence.lostAndFound(), LinkOption.NOFOLLOW_LINKS);
        if (keeps && isNew) {
            salvage.lostAndFound(evidence.lostAndFound());
        }
        Salvaged salvaged = new Salvaged(target, salvage.over(target));
        if (keeps && isNew && Files.exists(evidence.lostAndFound(), LinkOption.NOFOLLOW_LINKS)) {
            file.side().restrict(evidence.lostAndFound());
        }
        return salvaged;
    }

    /** A copy of the copy as one whole file, of the state that the whole log, or the beginning of it, tells of. */
    private Path workOn(Optional<LogStates.State> state) throws SQLException, IOException {
        Path work = workshop.vacantPart(BEFORE);
        copy(evidence.main(), work, Long.MAX_VALUE);
        if (Files.exists(evidence.log())) {
            copy(
                    evidence.log(),
                    workshop.part(BEFORE + "-wal"),
                    state.map(LogStates.State::logBytes).orElse(Long.MAX_VALUE));
        }
        if (Files.exists(evidence.journal())) {
            copy(evidence.journal(), workshop.part(BEFORE + "-journal"), Long.MAX_VALUE);
        }
        try (Connection connection = Sqlite.open(work, Access.OWN.distrusting())) {
            // What is in the log goes into the file; and nothing is left beside it.
            Sqlite.pragma(connection, "journal_mode = delete");
        }
        return work;
    }

    /** Of the working copy as it is after the whole log; looked for once. */
    private BitSet unused() throws SQLException {
        BitSet known = unused;
        if (known == null) {
            try (Connection connection = Sqlite.open(workshop.part(BEFORE), Access.IMMUTABLE.confined())) {
                known = UnusedPages.of(connection);
            }
            unused = known;
        }
        return known;
    }

    private void copy(Path from, Path to, long most) throws IOException {
        file.side().prepare(to);
        try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            long end = Math.min(most, source.size());
            for (long at = 0; at < end; ) {
                at += source.transferTo(at, end - at, target);
            }
        }
    }
}
