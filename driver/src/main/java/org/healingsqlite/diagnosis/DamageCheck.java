package org.healingsqlite.diagnosis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.api.Internal;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.LogIndex;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.FullTextGaps;
import org.healingsqlite.schema.Release;
import org.healingsqlite.schema.VirtualModule;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether a database is damaged, and where, on a connection of its own: what a cache still holds, or what a single read error left
 * behind, says nothing about the file. Stateless.
 */
@Internal
public final class DamageCheck {
    /** Above this size only the structure is checked, not the agreement of indexes with their tables. */
    private static final long MOST_BYTES_TO_CHECK_WHOLE = 1L << 30;

    private static final Log LOG = Log.of(DamageCheck.class);

    private static final int SQLITE_ERROR = 1;

    /** An expression of the schema makes a value that is longer than the connection allows. */
    private static final int SQLITE_TOOBIG = 18;

    private static final int MOST_MESSAGES = 100;
    private static final String QUICK_CHECK = "PRAGMA quick_check(";
    private static final Pattern INDEX_ONLY = Pattern.compile(
            "row \\d+ missing from index (.+)|row \\d+ values differ from index (.+)|wrong # of entries in index (.+)");

    /**
     * What the check says of rows that break a constraint: they lie where they lay before, and no page is damaged. Source: SQLite's PRAGMA integrity_check.
     */
    private static final Pattern BROKEN_CONSTRAINT = Pattern.compile("(?:NULL|NUMERIC|TEXT|non-[A-Z]+) value in .+"
            + "|CHECK constraint failed in .+|non-unique entry in index .+");

    /** What the check says of a full-text table that it could not ask, because what the table indexes is gone or the like: nothing of it is damaged. */
    private static final Pattern NOT_ASKED =
            Pattern.compile("unable to validate the inverted index for FTS[345] table .+: SQL logic error");

    private static final Pattern FULL_TEXT = Pattern.compile(
            "malformed inverted index for FTS[345] table [^.]+\\.(.+)|.*(?:corrupt|malformed).* table \"(.+)\"");

    private static final Pattern TREE = Pattern.compile("Tree (\\d+) page .*");

    private DamageCheck() {}

    /** How thoroughly to look. */
    public enum Depth {
        /** That the header and the schema can be read. */
        HEADER,
        /** The structure of every page: {@code PRAGMA quick_check}. */
        QUICK,
        /** And that every index agrees with its table: {@code PRAGMA integrity_check}. */
        FULL
    }

    /**
     * Looks at the files, then into them.
     *
     * @param suspected what a call was told; null where nothing is suspected
     * @param lockWait the longest wait for writers
     * @throws SQLException where the look itself failed for another reason than damage, for example because the database was locked
     */
    public static Diagnosis of(DatabaseFile file, Depth depth, Fault.@Nullable Corruption suspected, Duration lockWait)
            throws SQLException {
        return of(
                file,
                depth,
                suspected,
                () -> Look.through(openToLook(file, lockWait)),
                () -> fullTextMessages(file, lockWait));
    }

    /**
     * As {@link #of}, for who wants to know and no more: nothing of the files is changed, not even by SQLite.
     *
     * @throws SQLException also where that needs a copy, and there is no room for one
     */
    public static Diagnosis withoutChange(DatabaseFile file, Depth depth, Duration lockWait) throws SQLException {
        Access access = Access.READ_ONLY.confined().waiting(lockWait);
        return of(file, depth, null, () -> Look.withoutChange(file, access), List::of);
    }

    /** How a look is begun. */
    @FunctionalInterface
    private interface Opening {
        Look open() throws SQLException;
    }

    /** How full-text tables are asked. */
    @FunctionalInterface
    private interface FullText {
        List<String> messages() throws SQLException;
    }

    private static Diagnosis of(
            DatabaseFile file, Depth depth, Fault.@Nullable Corruption suspected, Opening opening, FullText fullText)
            throws SQLException {
        if (file.isEmptied()) {
            // A native open would delete the log of an empty file.
            return Diagnosis.damage(
                    Finding.PAGES_DAMAGED, List.of("the file is empty, although it is in use or has a log"), List.of());
        }
        if (isLogDeleted(file)) {
            return Diagnosis.damage(Finding.LOG_DELETED, List.of("commits are in a log that is gone"), List.of());
        }
        if (isLogUnreadable(file)) {
            // A native open would take it for no log at all.
            return Diagnosis.damage(Finding.PAGES_DAMAGED, List.of("the log's header is damaged"), List.of());
        }
        if (isFormatUnknown(file)) {
            return Diagnosis.damage(
                    Finding.PAGES_DAMAGED,
                    List.of("the header names a format for writing that no release of SQLite has written"),
                    List.of());
        }
        List<String> messages;
        Map<String, String> indexes = Map.of();
        try (Look look = opening.open()) {
            Connection connection = look.connection();
            messages = asFarAsPossible(connection, depth(depth, file));
            boolean isSuspected = suspected != null && suspected.kind() == Fault.Corruption.Kind.VIRTUAL_TABLE;
            if (messages.isEmpty() && (isSuspected || depth == Depth.FULL && leavesOutFullText(connection))) {
                messages = fullText.messages();
            }
            if (messages.isEmpty() && isSuspected) {
                messages = ofGaps(connection);
            }
            if (!messages.isEmpty()) {
                indexes = indexesByRoot(connection);
            }
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Corruption corruption) {
                return Diagnosis.damage(Finding.PAGES_DAMAGED, List.of(corruption.shownText()), List.of());
            }
            throw e;
        }
        if (messages.isEmpty()) {
            return healthy();
        }
        List<String> damagedIndexes = namesOf(INDEX_ONLY, messages, indexes);
        if (!damagedIndexes.isEmpty()) {
            return Diagnosis.damage(Finding.INDEXES_DAMAGED, messages, damagedIndexes);
        }
        List<String> damagedTables = namesOf(FULL_TEXT, messages, Map.of());
        return damagedTables.isEmpty()
                ? Diagnosis.damage(Finding.PAGES_DAMAGED, messages, List.of())
                : Diagnosis.damage(Finding.FULL_TEXT_DAMAGED, messages, damagedTables);
    }

    /** Whether live connections count on frames of a log that is not at the path, or is another, empty one. */
    public static boolean isLogDeleted(DatabaseFile file) {
        try {
            return Files.exists(file.shm())
                    && (Files.notExists(file.wal()) || Files.size(file.wal()) == 0)
                    && LogIndex.of(HeldFile.ofIndex(file).head(LogIndex.SIZE))
                            .filter(LogIndex::isNeeded)
                            .isPresent()
                    // What took the place of the file that is in WAL mode has nothing in its log.
                    && mayBeInWalMode(DatabaseHeader.of(HeldFile.headOf(file, DatabaseHeader.SIZE)));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /**
     * Whether the header of a database says that one may read it and not write to it: SQLite takes it for one of a release to come. None has been written yet, and
     * a changed byte makes one.
     *
     * <p>Source: SQLite file format §1.3.3.
     */
    public static boolean isFormatUnknown(DatabaseFile file) {
        try {
            DatabaseHeader header = DatabaseHeader.of(HeldFile.headOf(file, DatabaseHeader.SIZE));
            return header.hasMagic() && header.isReadableOnly();
        } catch (IOException unreadable) {
            return false;
        }
    }

    /**
     * Whether there is a log that SQLite would not take for one, although there may be commits in it: not where the database is in a rollback-journal
     * mode. Costs a stat where there is no log.
     */
    public static boolean isLogUnreadable(DatabaseFile file) {
        try {
            if (!Files.exists(file.wal()) || Files.size(file.wal()) < WriteAheadLog.HEADER_SIZE) {
                return false;
            }
            byte[] header = head(file.wal(), WriteAheadLog.HEADER_SIZE);
            // Zeros are what a file system may leave of a log that was begun when the power failed.
            return !WriteAheadLog.isHeaderSound(header)
                    && !Arrays.equals(header, new byte[header.length])
                    // Another process may just be writing it.
                    && Arrays.equals(header, head(file.wal(), WriteAheadLog.HEADER_SIZE))
                    && mayBeInWalMode(DatabaseHeader.of(HeldFile.headOf(file, DatabaseHeader.SIZE)));
        } catch (IOException unreadable) {
            return false;
        }
    }

    private static boolean mayBeInWalMode(DatabaseHeader header) {
        return header.walMode() || !header.plausible();
    }

    private static byte[] head(Path path, int length) throws IOException {
        try (InputStream in = InputFile.named(path).open()) {
            return in.readNBytes(length);
        }
    }

    /**
     * A connection that cannot write: closing it as the last one would write the log into the database as far as SQLite takes it for whole, and
     * delete the rest. Where a journal has to be rolled back first nobody can look without writing.
     */
    private static Connection openToLook(DatabaseFile file, Duration lockWait) throws SQLException {
        Connection connection =
                Sqlite.open(file.main(), Access.READ_ONLY.confined().waiting(lockWait));
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
            row.next();
            return connection;
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Unavailable unavailable
                    && (unavailable.kind() == Fault.Unavailable.Kind.READ_ONLY
                            || unavailable.kind() == Fault.Unavailable.Kind.CANNOT_OPEN)) {
                connection.close();
                return Sqlite.open(
                        file.main(), Access.EXISTING.confined().looking().waiting(lockWait));
            }
            // The check itself says what is wrong.
            return connection;
        }
    }

    private static Diagnosis healthy() {
        return Diagnosis.damage(Finding.HEALTHY, List.of(), List.of());
    }

    private static Depth depth(Depth wanted, DatabaseFile file) {
        return wanted == Depth.FULL && file.sizeBytes() > MOST_BYTES_TO_CHECK_WHOLE ? Depth.QUICK : wanted;
    }

    /** A damaged index may keep the agreement of indexes and tables from being looked at, but not the structure. */
    private static List<String> asFarAsPossible(Connection connection, Depth depth) throws SQLException {
        try {
            return messages(connection, depth);
        } catch (SQLException e) {
            if (depth != Depth.FULL || !(Fault.of(e) instanceof Fault.Corruption)) {
                throw e;
            }
            List<String> structure = messages(connection, Depth.QUICK);
            if (structure.isEmpty()) {
                throw e;
            }
            return structure;
        }
    }

    /**
     * What SQLite's own check says of damage through a connection; empty where it has nothing to say. Rows that break a constraint are no damage. Where it cannot run
     * because something in the schema calls what this connection has not, each table is checked by itself, and the log tells of those that cannot be.
     *
     * @throws SQLException also where the damage keeps the check from running
     */
    public static List<String> messages(Connection connection, Depth depth) throws SQLException {
        List<String> found = new ArrayList<>();
        if (look(connection, depth, MOST_MESSAGES, found) >= MOST_MESSAGES && found.isEmpty()) {
            // What the check counts as broken constraints may have kept it from coming to the damage.
            look(connection, depth, Integer.MAX_VALUE, found);
        }
        return found.isEmpty() && depth == Depth.FULL ? ofGaps(connection) : found;
    }

    private static List<String> ofGaps(Connection connection) throws SQLException {
        return FullTextGaps.in(connection).stream().map(DamageCheck::malformed).toList();
    }

    /** As SQLite says it, of whichever module. */
    private static String malformed(String table) {
        return "malformed inverted index for FTS5 table main." + table;
    }

    /**
     * Runs the check.
     *
     * @param most how many messages the check may have before it ends
     * @param ofDamage takes those that tell of damage, no more than a hundred
     * @return how many messages there were
     */
    private static int look(Connection connection, Depth depth, int most, List<String> ofDamage) throws SQLException {
        // A CHECK may need what only the application's connections have, and says nothing of damage.
        String checks = Sqlite.pragma(connection, "ignore_check_constraints");
        Sqlite.execute(connection, "PRAGMA ignore_check_constraints = on");
        Sqlite.standIns(connection).ifPresent(standIns -> standIns.checking(true));
        try {
            return lookWithoutChecks(connection, depth, most, ofDamage);
        } finally {
            Sqlite.standIns(connection).ifPresent(standIns -> standIns.checking(false));
            Sqlite.execute(connection, "PRAGMA ignore_check_constraints = " + checks);
        }
    }

    private static int lookWithoutChecks(Connection connection, Depth depth, int most, List<String> ofDamage)
            throws SQLException {
        if (depth == Depth.HEADER) {
            return count(
                    connection,
                    "SELECT 'ok' FROM (SELECT count(*) FROM sqlite_schema)",
                    UnknownOrder.NOTHING,
                    ofDamage);
        }
        UnknownOrder unknown = UnknownOrder.of(connection);
        String check = depth == Depth.QUICK ? QUICK_CHECK : "PRAGMA integrity_check(";
        try {
            return count(connection, check + most + ")", unknown, ofDamage);
        } catch (SQLException e) {
            if (!cannotRun(e)) {
                throw e;
            }
            ofDamage.clear();
            return tableByTable(connection, check, e, unknown, ofDamage);
        }
    }

    private static boolean cannotRun(SQLException e) {
        return e.getErrorCode() == SQLITE_TOOBIG
                || e.getErrorCode() == SQLITE_ERROR && !(Fault.of(e) instanceof Fault.Corruption);
    }

    private static int tableByTable(
            Connection connection, String check, SQLException reason, UnknownOrder unknown, List<String> ofDamage)
            throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")) {
            while (row.next()) {
                tables.add(row.getString(1));
            }
        }
        int messages = 0;
        List<String> unchecked = new ArrayList<>();
        for (String table : tables) {
            String of = '"' + table.replace("\"", "\"\"") + "\")";
            try {
                messages += count(connection, check + of, unknown, ofDamage);
            } catch (SQLException e) {
                if (!cannotRun(e)) {
                    throw e;
                }
                unchecked.add(table);
                if (e.getErrorCode() == SQLITE_TOOBIG && !check.equals(QUICK_CHECK)) {
                    // Its structure needs no expression.
                    messages += count(connection, QUICK_CHECK + of, unknown, ofDamage);
                }
            }
        }
        if (unchecked.size() == tables.size() && reason.getErrorCode() != SQLITE_TOOBIG) {
            throw reason;
        }
        LOG.warn("Checked table by table, because of: {}. Not checked: {}", Disclosure.message(reason), unchecked);
        return messages;
    }

    private static int count(Connection connection, String sql, UnknownOrder unknown, List<String> ofDamage)
            throws SQLException {
        int messages = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next() && ofDamage.size() < MOST_MESSAGES) {
                for (String line : String.valueOf(row.getString(1)).split("\n", -1)) {
                    if (!line.isEmpty() && !line.equals("ok") && !line.startsWith("*** in database")) {
                        messages++;
                        if (!BROKEN_CONSTRAINT.matcher(line).matches()
                                && !NOT_ASKED.matcher(line).matches()
                                && !unknown.concerns(line)) {
                            ofDamage.add(line);
                        }
                    }
                }
            }
        }
        return messages;
    }

    /** What full-text tables say of themselves: before SQLite 3.44 the integrity check does not ask them. */
    private static List<String> fullTextMessages(DatabaseFile file, Duration lockWait) throws SQLException {
        // The question is an INSERT.
        try (Connection connection =
                Sqlite.open(file.main(), Access.EXISTING.distrusting().waiting(lockWait))) {
            return fullTextMessages(connection);
        }
    }

    /** Whether {@link #messages} does not ask full-text tables: SQLite's check does since 3.44. */
    public static boolean leavesOutFullText(Connection connection) throws SQLException {
        return !Release.of(connection).isAtLeast(44);
    }

    /**
     * What the full-text tables of a database say of themselves; those that need what only the application's connections have say nothing.
     *
     * @param connection one that may write: the question is an INSERT, which changes nothing
     */
    public static List<String> fullTextMessages(Connection connection) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0")) {
            while (row.next()) {
                if (VirtualModule.of(String.valueOf(row.getString(2))).isFullText()) {
                    tables.add(row.getString(1));
                }
            }
        }
        List<String> messages = new ArrayList<>();
        for (String table : tables) {
            String quoted = '"' + table.replace("\"", "\"\"") + '"';
            try (Statement statement = connection.createStatement()) {
                statement.execute("INSERT INTO " + quoted + '(' + quoted + ") VALUES ('integrity-check')");
            } catch (SQLException e) {
                if (cannotRun(e)) {
                    LOG.debug("{}: not asked: {}", table, Disclosure.message(e));
                    continue;
                }
                if (!(Fault.of(e) instanceof Fault.Corruption)) {
                    throw e;
                }
                messages.add(malformed(table));
            }
        }
        return messages;
    }

    private static Map<String, String> indexesByRoot(Connection connection) throws SQLException {
        Map<String, String> indexes = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT rootpage, name FROM sqlite_schema WHERE type = 'index'")) {
            while (row.next()) {
                indexes.put(row.getString(1), row.getString(2));
            }
        }
        return indexes;
    }

    /** The objects that all messages are about; empty where one is about something else. */
    private static List<String> namesOf(Pattern pattern, List<String> messages, Map<String, String> indexes) {
        Set<String> names = new LinkedHashSet<>();
        for (String message : messages) {
            Matcher matcher = pattern.matcher(message);
            Matcher tree = TREE.matcher(message);
            if (matcher.matches()) {
                for (int group = 1; group <= matcher.groupCount(); group++) {
                    if (matcher.group(group) != null) {
                        names.add(matcher.group(group));
                    }
                }
            } else if (tree.matches() && indexes.containsKey(tree.group(1))) {
                names.add(indexes.get(tree.group(1)));
            } else {
                return List.of();
            }
        }
        return List.copyOf(names);
    }
}
