package org.healingsqlite.fault;

import java.sql.SQLException;
import java.util.Optional;
import org.healingsqlite.log.Disclosure;

/**
 * What one SQLException tells. Immutable; making one never throws.
 */
public sealed interface Fault {

    /** Reads an exception, whatever its class: one of sqlite-jdbc, a batch around one, or one that only carries its message on. */
    static Fault of(SQLException exception) {
        return FaultReader.read(exception);
    }

    /** The exception and what it says. */
    Symptom symptom();

    /** Whether the failed call has taken effect. */
    Effect effect();

    /** The entry of a batch of SQL texts that failed, from 0; -1 where the exception does not tell. */
    default int batchEntry() {
        return symptom().batchEntry();
    }

    /** SQLite's own text. */
    default String text() {
        return symptom().text();
    }

    /** SQLite's own text as log and incidents may show it. */
    default String shownText() {
        return Disclosure.sqliteText(symptom().text());
    }

    /** A table, view, index or trigger that the statement names is not there. SQLite compiles no statement with it, so nothing was applied. */
    record MissingObject(Symptom symptom, MissingObject.Kind kind, String name) implements Fault {
        /** What SQLite calls it. A "table" may be a view as well. */
        public enum Kind {
            TABLE,
            INDEX,
            VIEW,
            TRIGGER
        }

        @Override
        public Effect effect() {
            return Effect.NOT_APPLIED;
        }
    }

    /**
     * A column that the statement names is not there.
     *
     * @param table the table, where the message gives it; otherwise empty
     * @param name the column as the message gives it, perhaps qualified
     */
    record MissingColumn(Symptom symptom, String table, String name) implements Fault {
        @Override
        public Effect effect() {
            return Effect.NOT_APPLIED;
        }
    }

    /**
     * What a statement would make is there already. SQLite compiles no such statement, so nothing was applied.
     *
     * @param kind what it would make
     * @param name of the object
     */
    record AlreadyThere(Symptom symptom, AlreadyThere.Kind kind, String name) implements Fault {
        /** What is there. */
        public enum Kind {
            TABLE,
            INDEX,
            VIEW,
            TRIGGER
        }

        @Override
        public Effect effect() {
            return Effect.NOT_APPLIED;
        }
    }

    /**
     * A page, the header or the schema looks damaged. A read error of the disk looks the same, so this is a suspicion.
     *
     * @param kind what SQLite noticed
     */
    record Corruption(Symptom symptom, Corruption.Kind kind) implements Fault {
        /** What SQLite says, before its name, of a virtual table that cannot be opened; and of one that the application has just failed to create. */
        static final String NO_VIRTUAL_TABLE = "vtable constructor failed: ";

        /** The virtual table that could not be opened, or created; empty where it is about something else. */
        public Optional<String> unopened() {
            return kind == Kind.VIRTUAL_TABLE && symptom.text().startsWith(NO_VIRTUAL_TABLE)
                    ? Optional.of(symptom.text().substring(NO_VIRTUAL_TABLE.length()))
                    : Optional.empty();
        }

        /** What SQLite noticed. */
        public enum Kind {
            MALFORMED,
            NOT_A_DATABASE,
            SCHEMA,
            INDEX,
            VIRTUAL_TABLE,
            SEQUENCE,
            SHORT_READ,
            FILE_SYSTEM,
            UNSUPPORTED_FORMAT
        }

        @Override
        public Effect effect() {
            return Effect.NOT_APPLIED;
        }
    }

    /** The file was deleted, renamed or replaced under the connection; SQLite refuses to write. */
    record FileMoved(Symptom symptom) implements Fault {
        @Override
        public Effect effect() {
            return Effect.NOT_APPLIED;
        }
    }

    /** The rollback journal vanished before it could be deleted: the transaction is committed, although the call failed. */
    record JournalVanished(Symptom symptom) implements Fault {
        @Override
        public Effect effect() {
            return Effect.APPLIED;
        }
    }

    /**
     * The surroundings do not let SQLite work: to be met with patience, never with a repair.
     *
     * @param kind what is in the way
     */
    record Unavailable(Symptom symptom, Unavailable.Kind kind) implements Fault {
        /** What is in the way. */
        public enum Kind {
            BUSY,
            /** The snapshot of the transaction is too old to write: the whole transaction has to begin again. */
            SNAPSHOT,
            LOCKED,
            PROTOCOL,
            READ_ONLY,
            CANNOT_OPEN,
            FULL,
            IO
        }

        @Override
        public Effect effect() {
            return kind == Unavailable.Kind.IO ? Effect.UNKNOWN : Effect.NOT_APPLIED;
        }
    }

    /** The application's own: a typo, a constraint, a cancel. It gets SQLite's exception, untouched. */
    record Application(Symptom symptom) implements Fault {
        /** What was run as a query and has no columns has run. */
        @Override
        public Effect effect() {
            return symptom.resultCode() == ResultCode.DONE ? Effect.APPLIED : Effect.UNKNOWN;
        }
    }
}
