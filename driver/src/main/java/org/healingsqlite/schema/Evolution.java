package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;

/**
 * How a database has come from what was known of it to what it is now, as far as its versions, its objects and their root pages tell. Immutable; nothing is looked at here.
 *
 * @param direction which way
 * @param evidence by what that is told, for a reader; empty where nothing speaks for another release
 */
@Internal
public record Evolution(Direction direction, String evidence) {

    /** Nothing speaks for another release: what is missing was lost. */
    public static final Evolution NONE = new Evolution(Direction.NONE, "");

    private static final int MOST_SHOWN = 3;

    /** Many tables have one column of the same name and type: without a root page that was seen, that is no sign of a rename. */
    private static final int FEWEST_COLUMNS = 2;

    /** Which release a database is of, beside the one that was known. */
    public enum Direction {
        NONE,
        /** An older one: a backup was put in place. */
        OLDER,
        /** A newer one, which has migrated it. */
        NEWER
    }

    /**
     * Compares what was seen last with what is there.
     *
     * @param known what was seen of this database
     * @param now what is there; where that is nothing, nothing speaks for another release
     * @param own what this process has changed since
     */
    public static Evolution between(ExpectedSchema known, LearnedSchema.Look now, OwnChanges own) {
        if (known.isEmpty() || now.snapshot().isEmpty()) {
            return NONE;
        }
        SchemaDifference missing = SchemaDifference.between(known.snapshot(), now.snapshot());
        if (missing.isEmpty() && missing.blocked().isEmpty()) {
            return NONE;
        }
        Evolution byVersion = byVersion(known, now, own);
        return byVersion.direction() == Direction.NONE
                ? byObjects(known.snapshot(), now.snapshot(), missing, own)
                : byVersion;
    }

    /** Compares what is registered with what is there: by versions, and by tables that have another name now. */
    public static Evolution from(RegisteredSchema registered, LearnedSchema.Look now) {
        if (now.snapshot().isEmpty()) {
            return NONE;
        }
        SchemaSnapshot wanted = registered.expected().snapshot();
        long wantedVersion = wanted.settings().userVersion();
        long version = now.snapshot().settings().userVersion();
        if (wantedVersion != 0 && version != 0 && wantedVersion != version) {
            // 0 is what a database has whose version nobody keeps there.
            return new Evolution(
                    version < wantedVersion ? Direction.OLDER : Direction.NEWER,
                    "user_version is " + version + ", and the registered scripts set " + wantedVersion);
        }
        Optional<String> later = registered.laterVersion(now);
        if (later.isPresent()) {
            return new Evolution(
                    Direction.NEWER,
                    "the history has a version that is later than all that are registered: "
                            + Disclosure.value(later.get()));
        }
        return byNames(registered.expectedOf(now).snapshot(), now.snapshot());
    }

    /** Tables and columns that are there under a name that is not registered, and are missing under their own. */
    private static Evolution byNames(SchemaSnapshot wanted, SchemaSnapshot now) {
        SchemaDifference missing = SchemaDifference.between(wanted, now);
        for (SchemaObject table : missing.objects(SchemaObject.Type.TABLE)) {
            for (SchemaObject other : newTables(wanted, now, OwnChanges.NONE)) {
                if (wanted.columns(table.name()).size() >= FEWEST_COLUMNS && isSameForm(wanted, table, now, other)) {
                    return new Evolution(
                            Direction.NEWER,
                            "table " + other.name() + " has the columns of " + table.name() + ": it was renamed");
                }
            }
        }
        for (SchemaDifference.MissingColumns columns : missing.columns()) {
            Optional<String> renamed = renamed(columns, wanted, now);
            if (renamed.isPresent()) {
                return new Evolution(Direction.NEWER, renamed.get());
            }
        }
        return NONE;
    }

    /** A column of the same type in the place of one that is missing. */
    private static Optional<String> renamed(
            SchemaDifference.MissingColumns missing, SchemaSnapshot wanted, SchemaSnapshot now) {
        String table = missing.table().name();
        List<SchemaSnapshot.Column> there = now.columns(table);
        List<SchemaSnapshot.Column> expected = wanted.columns(table);
        for (int i = 0; i < Math.min(expected.size(), there.size()); i++) {
            SchemaSnapshot.Column lost = expected.get(i);
            SchemaSnapshot.Column found = there.get(i);
            boolean isNew = expected.stream().noneMatch(column -> SchemaObject.same(column.name(), found.name()));
            if (isNew && missing.names().contains(lost.name()) && lost.type().equalsIgnoreCase(found.type())) {
                return Optional.of("column " + table + "." + lost.name() + " is called " + found.name() + " now");
            }
        }
        return Optional.empty();
    }

    // ---- Versions

    private static Evolution byVersion(ExpectedSchema known, LearnedSchema.Look now, OwnChanges own) {
        Evolution byNumber = own.setUserVersion()
                ? NONE
                : byNumber(
                        known.snapshot().settings().userVersion(),
                        now.snapshot().settings().userVersion());
        Evolution found = byNumber;
        for (Map.Entry<String, TableRows> ledger : known.rows().entrySet()) {
            TableRows there = now.rows().get(ledger.getKey());
            if (there != null && !own.wrote(ledger.getKey())) {
                Evolution byLedger = byLedger(ledger.getKey(), ledger.getValue(), there);
                found = byLedger.direction() == Direction.OLDER || found.direction() == Direction.NONE
                        ? byLedger
                        : found;
            }
        }
        return byNumber.direction() == Direction.OLDER ? byNumber : found;
    }

    private static Evolution byNumber(long before, long now) {
        String evidence = "user_version is " + now + ", and was " + before;
        return now == before ? NONE : new Evolution(now < before ? Direction.OLDER : Direction.NEWER, evidence);
    }

    private static Evolution byLedger(String table, TableRows before, TableRows now) {
        Set<String> then = Ledgers.versions(before);
        Set<String> there = Ledgers.versions(now);
        if (then.equals(there) || then.isEmpty() || there.isEmpty()) {
            // A ledger without entries has lost them.
            return NONE;
        }
        Set<String> gone = new HashSet<>(then);
        gone.removeAll(there);
        Set<String> added = new HashSet<>(there);
        added.removeAll(then);
        boolean isOlder = added.isEmpty() || gone.size() == 1 && added.size() == 1 && isLower(added, gone);
        return isOlder
                ? new Evolution(Direction.OLDER, "of table " + table + " entries are gone: " + shown(gone))
                : new Evolution(Direction.NEWER, "table " + table + " has new entries: " + shown(added));
    }

    private static boolean isLower(Set<String> one, Set<String> other) {
        String a = one.iterator().next();
        String b = other.iterator().next();
        // Of a setting, the value comes behind its name.
        int value = a.indexOf('\0') + 1;
        if (value > 0 && b.startsWith(a.substring(0, value))) {
            a = a.substring(value);
            b = b.substring(value);
        }
        return Migration.isVersion(a) && Migration.isVersion(b) && Migration.compare(a, b) < 0;
    }

    private static String shown(Set<String> versions) {
        List<String> first = versions.stream().sorted().limit(MOST_SHOWN).toList();
        return Disclosure.value(String.join(", ", first).replace('\0', ' '))
                + (versions.size() > MOST_SHOWN ? ", ..." : "");
    }

    // ---- Objects

    private static Evolution byObjects(
            SchemaSnapshot known, SchemaSnapshot now, SchemaDifference missing, OwnChanges own) {
        List<SchemaObject> newTables = newTables(known, now, own);
        for (SchemaObject table : missing.objects(SchemaObject.Type.TABLE)) {
            for (SchemaObject other : newTables) {
                boolean isAtItsRoot =
                        known.rootPage(table.name()) > 0 && known.rootPage(table.name()) == now.rootPage(other.name());
                if (isAtItsRoot || isSameForm(known, table, now, other)) {
                    return new Evolution(
                            Direction.NEWER, "table " + table.name() + " is called " + other.name() + " now");
                }
            }
        }
        List<String> added = now.objects().stream()
                .filter(object -> known.object(object.type(), object.name()).isEmpty())
                .filter(object -> !own.made(object.name()))
                .map(object -> object.type() + " " + object.name())
                .collect(Collectors.toCollection(ArrayList::new));
        for (SchemaObject table : known.objects()) {
            if (table.type() == SchemaObject.Type.TABLE) {
                now.columns(table.name()).stream()
                        .map(SchemaSnapshot.Column::name)
                        .filter(name -> known.columns(table.name()).stream()
                                .noneMatch(column -> SchemaObject.same(column.name(), name)))
                        .filter(name -> !own.made(table.name(), name))
                        .forEach(name -> added.add("column " + table.name() + "." + name));
            }
        }
        return added.isEmpty()
                ? NONE
                : new Evolution(
                        Direction.NEWER,
                        "there is something new that this process has not made: "
                                + String.join(", ", added.subList(0, Math.min(MOST_SHOWN, added.size()))));
    }

    private static List<SchemaObject> newTables(SchemaSnapshot known, SchemaSnapshot now, OwnChanges own) {
        return now.objects().stream()
                .filter(object -> object.type() == SchemaObject.Type.TABLE)
                .filter(object ->
                        known.object(SchemaObject.Type.TABLE, object.name()).isEmpty())
                .filter(object -> !own.made(object.name()))
                .toList();
    }

    /** Names, types, keys and defaults of all columns, in their order: a copy that a query makes has them otherwise. */
    private static boolean isSameForm(
            SchemaSnapshot known, SchemaObject table, SchemaSnapshot now, SchemaObject other) {
        List<SchemaSnapshot.Column> columns = known.columns(table.name());
        return !columns.isEmpty() && columns.equals(now.columns(other.name()));
    }
}
