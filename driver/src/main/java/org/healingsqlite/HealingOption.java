package org.healingsqlite;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every option there is: the one truth behind URL parameters, connection properties, data source setters, system properties, environment
 * variables, the properties file, {@link java.sql.DriverPropertyInfo} and the README's table.
 *
 * <p>A value is looked for in the URL, the setters of the data source, the connection's properties, the system properties, the environment, the
 * file {@code healing-sqlite.properties} (working directory, else class path), and is the default where none of them has it. Which of these
 * places may give it is told by its {@link Trust}.
 */
public enum HealingOption {
    MODE(
            "mode",
            Trust.PLAIN,
            Type.choice("heal", "observe", "off"),
            "heal",
            List.of("AUTO_HEALING_ENABLED"),
            "heal repairs and runs the statement again; observe diagnoses and reports, and changes nothing; off gives plain sqlite-jdbc connections."),
    SCHEMA(
            "schema",
            Trust.FILES,
            Type.LIST,
            "",
            List.of(),
            "Where the schema comes from: comma-separated script files, directories of V1__name.sql migrations or plain scripts, and classpath: resources."
                    + " Without it the schema that this JVM saw last is used."),
    SCHEMA_REQUIRED(
            "schemaRequired",
            Trust.PLAIN,
            Type.choice("false", "true"),
            "false",
            List.of(),
            "Whether a connection is refused where the registered schema cannot be applied. false refuses it only where the database has no table yet, or a source is"
                    + " missing or malformed; a database that has tables is opened as it is, with an ERROR and an incident."),
    INTENT(
            "intent",
            Trust.PLAIN,
            Type.choice("ask", "strict", "off"),
            "ask",
            List.of(),
            "What counts as somebody's intent, so that it is told and not healed: ask looks for versions that moved, renames and objects of another release;"
                    + " strict adds nothing that is not registered either; off looks for nothing but a read-only connection or file."),
    VERSION_TABLE(
            "versionTable",
            Trust.PLAIN,
            Type.LIST,
            "",
            List.of(),
            "Tables in which the application keeps its version, beside PRAGMA user_version and those of the migration tools that are known."),
    ON_FOREIGN(
            "onForeign",
            Trust.PLAIN,
            Type.choice("refuse", "rebuild"),
            "refuse",
            List.of(),
            "What happens where the file is no SQLite database and never was one here: refuse leaves it as it is, and the application gets SQLite's exception;"
                    + " rebuild keeps it in the quarantine and begins a new database."),
    AFTER_HEAL(
            "afterHeal",
            Trust.FILES,
            Type.LIST,
            "",
            List.of(),
            "Scripts that run on recovered content, in the same transaction that puts it in place: comma-separated files and classpath: resources."
                    + " For example to mark tasks that were in progress as failed."),
    ON_DELETED(
            "onDeleted",
            Trust.PLAIN,
            Type.choice("restore", "recreate"),
            "restore",
            List.of(),
            "What happens when the file is deleted or renamed while connections hold it: restore puts its content back to the path;"
                    + " recreate keeps the content in the quarantine, and the path gets a database with nothing but the schema."),
    ON_REPLACED(
            "onReplaced",
            Trust.PLAIN,
            Type.choice("adopt", "restore"),
            "adopt",
            List.of(),
            "What happens when another database takes the file's place: adopt goes on with that one, and keeps the content of the file that was"
                    + " there in the quarantine; restore does it the other way round."),
    ON_DROPPED(
            "onDropped",
            Trust.PLAIN,
            Type.choice("keep", "restore"),
            "keep",
            List.of(),
            "What happens with the rows of a table that somebody else has dropped and that is made again: keep copies the files into the quarantine"
                    + " first, for healing-sqlite undrop; restore puts back at once what is left of the rows in free pages and the log."),
    ON_UNSAVED(
            "onUnsaved",
            Trust.PLAIN,
            Type.choice("refuse", "acknowledge"),
            "refuse",
            List.of(),
            "What writers get while the file is lost and its content cannot be saved, for example because the disk is full: refuse waits, for as long as"
                    + " wait says in all, and then gives them an exception, reads go on; acknowledge goes on writing to the lost file, which is all there is."),
    ARCHIVE(
            "archive",
            Trust.FILES,
            Type.PATH,
            "",
            List.of(),
            "A directory of text from which rows come that the database has lost: files of people's, or what archive export and archiveKeep write."),
    ARCHIVE_KEEP(
            "archiveKeep",
            Trust.PLAIN,
            Type.KEEP,
            "off",
            List.of(),
            "Whether the driver writes the archive: commit has each commit in it, durable, when the call returns; a duration writes it anew in the background,"
                    + " so that no more than that is lost."),
    ARCHIVE_HISTORY(
            "archiveHistory",
            Trust.PLAIN,
            Type.PAUSE,
            "off",
            List.of(),
            "How long what a kept archive was before it was written anew stays beside it, so that archive export --at can tell what was in the database at a"
                    + " moment: off, or a duration."),
    ARCHIVE_VERIFY(
            "archiveVerify",
            Trust.PLAIN,
            Type.PAUSE,
            "1d",
            List.of(),
            "How often the archive is read again while the application runs, to tell of damage before it is needed."),
    ON_CONFLICT(
            "onConflict",
            Trust.PLAIN,
            Type.choice("salvaged", "archive"),
            "salvaged",
            List.of(),
            "Who is right where a recovered row and an archived one have the same key and other values."),
    RESTORE_COMMAND(
            "restoreCommand",
            Trust.POWER,
            Type.TEXT,
            "",
            List.of(),
            "A command of the system's shell that puts a copy of the database HEALING_DATABASE at HEALING_TARGET; used where the file has nothing left."),
    SNAPSHOTS(
            "snapshots",
            Trust.FILES,
            Type.PATH,
            "",
            List.of(),
            "A directory for whole copies of the database, made while the application works, and used where the file has nothing left."),
    SNAPSHOT_EVERY("snapshotEvery", Trust.PLAIN, Type.DURATION, "1h", List.of(), "How often a snapshot is taken."),
    SNAPSHOTS_KEPT(
            "snapshotsKept",
            Trust.PLAIN,
            Type.COUNT,
            "7",
            List.of(),
            "How many snapshots are kept; a damaged database never pushes a good one out."),
    REPLICA(
            "replica",
            Trust.POWER,
            Type.STORE,
            "",
            List.of(),
            "A store that the database's changes are shipped to while the application works, so that it can be restored on another machine, as of any moment"
                    + " (docs/replica.md). Needs healing-sqlite-replica on the class path; agent and command line have it. One database in each store."),
    REPLICA_EVERY(
            "replicaEvery",
            Trust.PLAIN,
            Type.SHIP,
            "1s",
            List.of(),
            "How often changes are shipped; commit ships each before the call returns that made it, through the driver only."),
    REPLICA_RETENTION(
            "replicaRetention",
            Trust.PLAIN,
            Type.DURATION,
            "1d",
            List.of(),
            "How far back any moment can be restored; the newest state is kept whatever its age."),
    REPLICA_SNAPSHOT_EVERY(
            "replicaSnapshotEvery",
            Trust.PLAIN,
            Type.DURATION,
            "1d",
            List.of(),
            "How often the whole database is stored again where it has changed, so that a restore has less to read. In the rollback-journal modes there is nothing else:"
                    + " it is the most that is lost."),
    REPLICA_VERIFY(
            "replicaVerify",
            Trust.PLAIN,
            Type.PAUSE,
            "1d",
            List.of(),
            "How often the replica is restored in the background and checked, to tell of damage before it is needed."),
    REPLICA_LIMIT(
            "replicaLimit",
            Trust.PLAIN,
            Type.SIZE,
            "1GB",
            List.of(),
            "How long the log may grow while the store cannot be reached; then it is let go of, and the whole database is stored when the store is there again."),
    ON_LOSS(
            "onLoss",
            Trust.PLAIN,
            Type.choice("accept", "refuse"),
            "accept",
            List.of(),
            "What to do where damaged content cannot be recovered whole: accept puts in place what there is and counts the loss;"
                    + " refuse leaves the database as it is, and the application gets SQLite's exception."),
    RECURRING(
            "recurring",
            Trust.PLAIN,
            Type.RECURRING,
            "3 in 1h",
            List.of(),
            "After how many heals of damaged content that were not whole to the byte, in what time, healing of the database stops, in every process:"
                    + " the disk, the memory or a second writer damages it again and again. The incident says how to go on."),
    CHECK_AT_OPEN(
            "checkAtOpen",
            Trust.PLAIN,
            Type.choice("header", "quick", "full", "off"),
            "header",
            List.of(),
            "What is looked at when this JVM first opens a file: header reads the header and the schema, quick runs quick_check, full integrity_check."),
    TIMEOUT(
            "timeout",
            Trust.PLAIN,
            Type.DURATION,
            "300s",
            List.of("HEALING_TIMEOUT_SECONDS"),
            "The longest one heal of a damaged database may take; then it is given up, and the database is as it was."),
    QUARANTINE_RETENTION(
            "quarantineRetention",
            Trust.PLAIN,
            Type.DURATION,
            "30d",
            List.of("CORRUPTED_DB_RETENTION_DAYS"),
            "How long copies of damaged databases are kept in the side directory; older ones are deleted after a heal."),
    QUARANTINE_LIMIT(
            "quarantineLimit",
            Trust.PLAIN,
            Type.COUNT,
            "3",
            List.of(),
            "How many times the size of the database its damaged copies in the side directory may take together; the oldest ones go first, the newest one stays."),
    MAX_ATTEMPTS(
            "maxAttempts",
            Trust.PLAIN,
            Type.COUNT,
            "3",
            List.of("MAX_HEALING_ATTEMPTS"),
            "Heals that one call may ask for before its exception goes to the application."),
    WAIT(
            "wait",
            Trust.PLAIN,
            Type.DURATION,
            "30s",
            List.of(),
            "The longest a call waits while another thread or process heals."),
    BREAKER_FAILURES(
            "breakerFailures",
            Trust.PLAIN,
            Type.COUNT,
            "5",
            List.of(),
            "Failed heals in a row after which healing of the database is suspended."),
    BREAKER_DELAY(
            "breakerDelay",
            Trust.PLAIN,
            Type.DURATION,
            "60s",
            List.of(),
            "How long healing is suspended before one trial is let through."),
    REPLAY(
            "replay",
            Trust.PLAIN,
            Type.choice("auto", "off"),
            "auto",
            List.of(),
            "auto runs a transaction again that a heal had to roll back, where nothing was lost and every result is the same as before;"
                    + " off leaves that to the application."),
    REPLAY_LIMIT(
            "replayLimit",
            Trust.PLAIN,
            Type.SIZE,
            "16MB",
            List.of(),
            "The memory that one transaction's statements and parameters may take; a larger transaction is not replayed."),
    RETRIES(
            "retries",
            Trust.PLAIN,
            Type.COUNT_OR_NONE,
            "3",
            List.of(),
            "How often a call is tried again that a lock, a full disk or a passing I/O error kept from taking effect. A lock that outlasts a busy_timeout that the"
                    + " application has set itself is not tried again."),
    RETRY_DELAY(
            "retryDelay",
            Trust.PLAIN,
            Type.DURATION,
            "500ms",
            List.of(),
            "The pause before the first retry; it doubles with each, give or take a fifth."),
    DEGRADE_READS(
            "degradeReads",
            Trust.PLAIN,
            Type.LIST,
            "",
            List.of(),
            "Tables whose reads are answered with no rows while the database cannot be had, outside of transactions; entered and left with an incident each."
                    + " Writes are never answered so."),
    AFTER_RESCUE_COMMAND(
            "afterRescueCommand",
            Trust.POWER,
            Type.TEXT,
            "",
            List.of(),
            "A command of the system's shell that runs after a lost file's content has come back, or connections have gone over to another file, for example to restart what"
                    + " replicates it. It finds HEALING_DATABASE, HEALING_INCIDENT and HEALING_SEVERITY, and may take a minute."),
    AFTER_HEAL_COMMAND(
            "afterHealCommand",
            Trust.POWER,
            Type.TEXT,
            "",
            List.of(),
            "As afterRescueCommand, after content or schema was healed in place."),
    WEBHOOK(
            "webhook",
            Trust.POWER,
            Type.TEXT,
            "",
            List.of(),
            "An http or https address that is sent each incident by POST, in the background. That of the first connection of a database counts for this JVM."),
    WEBHOOK_SEVERITY(
            "webhookSeverity",
            Trust.PLAIN,
            Type.choice("low", "medium", "high", "critical"),
            "high",
            List.of(),
            "The least urgent incidents that webhook is sent."),
    WEBHOOK_TEMPLATE(
            "webhookTemplate",
            Trust.PLAIN,
            Type.TEXT,
            "json",
            List.of(),
            "What webhook is sent: json is all of the incident, slack one text as chat servers take it, anything else a JSON text with ${name}, where name is one of the export's."),
    LOG_VALUES(
            "logValues",
            Trust.PLAIN,
            Type.choice("false", "true"),
            "false",
            List.of(),
            "Whether log, incidents and messages may hold the values of rows, the literals of statements and the output of the restore command;"
                    + " false has counts, rowids, names, and ? for a literal."),
    ALLOW_IN_URL(
            "allowInUrl",
            Trust.POWER,
            Type.LIST,
            "",
            List.of(),
            "Options of this table, by name, that URL, connection properties and the working directory's file may give although they are of the class power;"
                    + " for schema and afterHeal: whose scripts have no limits there.");

    /** What every key begins with. */
    public static final String PREFIX = "healing.";

    /**
     * What an option can do in the hands of whoever writes the URL. URL, connection properties and {@code healing-sqlite.properties} of the working
     * directory are often filled from forms and files of others: whoever writes them can open any SQLite file, and no more than that.
     */
    public enum Trust {
        /** Behaviour of the healer; any place may give it. */
        PLAIN,

        /**
         * Names files of this machine. Any place may give it, but scripts that an untrusted place names run under limits, and their text is never
         * shown.
         */
        FILES,

        /**
         * Runs a command, sends data away or opens a port. Only trusted places may give it: code ({@link HealingDataSource}'s setters, the class path),
         * system properties, the environment, the agent's arguments and the file that they name. Elsewhere it is an SQLException at connect, unless
         * {@link HealingOption#ALLOW_IN_URL} in a trusted place names it.
         */
        POWER
    }

    private final String name;
    private final String environmentVariable;
    private final Trust trust;
    private final Type type;
    private final String defaultValue;
    private final List<String> aliases;
    private final String description;

    HealingOption(String name, Trust trust, Type type, String defaultValue, List<String> aliases, String description) {
        this.name = name;
        this.environmentVariable =
                "HEALING_" + name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
        this.trust = trust;
        this.type = type;
        this.defaultValue = defaultValue;
        this.aliases = aliases;
        this.description = description;
    }

    /** The key in URLs, properties and files, for example {@code healing.maxAttempts}. */
    public String key() {
        return PREFIX + name;
    }

    /** The name in camel case, as in the setters of the data sources. */
    public String propertyName() {
        return name;
    }

    /** What it can do, and so who may give it. */
    public Trust trust() {
        return trust;
    }

    /** The environment variable, for example {@code HEALING_MAX_ATTEMPTS}. */
    public String environmentVariable() {
        return environmentVariable;
    }

    /** Other names under which the environment may give the value. */
    public List<String> environmentAliases() {
        return aliases;
    }

    public String defaultValue() {
        return defaultValue;
    }

    /** For a reader: what is expected, for example {@code one of heal, observe, off}. */
    public String expected() {
        return type.expected();
    }

    /** The allowed values; empty where any of the type is. */
    public List<String> choices() {
        return type instanceof Type.Choice choice ? choice.values() : List.of();
    }

    public String description() {
        return description;
    }

    Type type() {
        return type;
    }

    /** The option of a key, in any case. */
    public static Optional<HealingOption> ofKey(@Nullable String key) {
        if (key != null) {
            for (HealingOption option : values()) {
                if (option.key().equalsIgnoreCase(key)) {
                    return Optional.of(option);
                }
            }
        }
        return Optional.empty();
    }

    /** What kind of value an option takes. */
    sealed interface Type {
        Type TEXT = new Text("a text");
        Type PATH = new Text("a directory");
        Type PAUSE = new Text("off or a duration such as 30s, 5m, 2h or 1d");
        Type KEEP = new Text("off, commit, or a duration such as 30s or 5m");
        Type RECURRING = new Text("off, or a number of heals and a time, such as 3 in 1h");
        Type STORE = new Text("the address of a store, such as file:///directory");
        Type SHIP = new Text("commit, or a duration such as 500ms, 1s or 1m");
        Type LIST = new ListOf();
        Type COUNT = new Count();
        Type COUNT_OR_NONE = new CountOrNone();
        Type DURATION = new Span();
        Type SIZE = new Size();

        static Type choice(String... values) {
            return new Choice(List.of(values));
        }

        String expected();

        /** One of some words. */
        record Choice(List<String> values) implements Type {
            @Override
            public String expected() {
                return "one of " + String.join(", ", values);
            }
        }

        /** Any text, or one that is looked into where it is used; the empty one is none. */
        record Text(String expected) implements Type {}

        /** Comma-separated texts. */
        record ListOf() implements Type {
            @Override
            public String expected() {
                return "a comma-separated list";
            }
        }

        /** A whole number from 1 on. */
        record Count() implements Type {
            @Override
            public String expected() {
                return "a whole number from 1 to 1000000";
            }
        }

        /** A whole number from 0 on. */
        record CountOrNone() implements Type {
            @Override
            public String expected() {
                return "a whole number from 0 to 100";
            }
        }

        /** A number of bytes. */
        record Size() implements Type {
            @Override
            public String expected() {
                return "a size such as 512kB, 16MB or 1GB (a number alone means bytes)";
            }
        }

        /** A length of time. */
        record Span() implements Type {
            @Override
            public String expected() {
                return "a duration such as 500ms, 30s, 5m, 2h or 1d (a number alone means seconds)";
            }
        }
    }
}
