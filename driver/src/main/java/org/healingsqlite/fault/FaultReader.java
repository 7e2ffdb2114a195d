package org.healingsqlite.fault;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.fault.Fault.Corruption;
import org.healingsqlite.fault.Fault.MissingColumn;
import org.healingsqlite.fault.Fault.MissingObject;
import org.healingsqlite.fault.Fault.Unavailable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Exception in, fault out. */
final class FaultReader {
    private static final Pattern BATCH_ENTRY = Pattern.compile("batch entry (\\d{1,9}): ");
    private static final Pattern UNKNOWN_CODE = Pattern.compile("unknown error:(\\d{1,9})");
    private static final Pattern NAMED_CODE = Pattern.compile("\\[(SQLITE_[A-Z_]+|UNKNOWN_ERROR)\\]");
    private static final Pattern ALREADY_THERE =
            Pattern.compile("(table|index|view|trigger) (.+) already exists", Pattern.DOTALL);

    private static final int DEEPEST_CAUSE = 8;

    private FaultReader() {}

    static Fault read(SQLException exception) {
        Symptom symptom = symptom(exception);
        return switch (symptom.primaryCode()) {
            case ResultCode.ERROR -> ofPlainError(symptom);
            case ResultCode.CORRUPT -> new Corruption(symptom, corruption(symptom));
            case ResultCode.NOTADB -> new Corruption(symptom, Corruption.Kind.NOT_A_DATABASE);
            case ResultCode.READONLY ->
                symptom.resultCode() == ResultCode.READONLY_DBMOVED
                        ? new Fault.FileMoved(symptom)
                        : new Unavailable(symptom, Unavailable.Kind.READ_ONLY);
            case ResultCode.IOERR -> ofIoError(symptom);
            case ResultCode.BUSY ->
                new Unavailable(
                        symptom,
                        symptom.resultCode() == ResultCode.BUSY_SNAPSHOT
                                ? Unavailable.Kind.SNAPSHOT
                                : Unavailable.Kind.BUSY);
            case ResultCode.LOCKED -> new Unavailable(symptom, Unavailable.Kind.LOCKED);
            case ResultCode.PROTOCOL -> new Unavailable(symptom, Unavailable.Kind.PROTOCOL);
            case ResultCode.FULL -> new Unavailable(symptom, Unavailable.Kind.FULL);
            case ResultCode.CANTOPEN -> new Unavailable(symptom, Unavailable.Kind.CANNOT_OPEN);
            case 0 ->
                // sqlite-jdbc up to 3.45 looks for the directory itself: "path to '...': '...' does not exist".
                symptom.text().startsWith("path to '") && symptom.text().endsWith("does not exist")
                        ? new Unavailable(symptom, Unavailable.Kind.CANNOT_OPEN)
                        : new Fault.Application(symptom);
            default -> new Fault.Application(symptom);
        };
    }

    private static Fault ofIoError(Symptom symptom) {
        return switch (symptom.resultCode()) {
            case ResultCode.IOERR_DELETE_NOENT -> new Fault.JournalVanished(symptom);
            case ResultCode.IOERR_SHORT_READ -> new Corruption(symptom, Corruption.Kind.SHORT_READ);
            case ResultCode.IOERR_CORRUPTFS -> new Corruption(symptom, Corruption.Kind.FILE_SYSTEM);
            default -> new Unavailable(symptom, Unavailable.Kind.IO);
        };
    }

    private static Corruption.Kind corruption(Symptom symptom) {
        return switch (symptom.resultCode()) {
            case ResultCode.CORRUPT_INDEX -> Corruption.Kind.INDEX;
            case ResultCode.CORRUPT_VTAB -> Corruption.Kind.VIRTUAL_TABLE;
            case ResultCode.CORRUPT_SEQUENCE -> Corruption.Kind.SEQUENCE;
            default ->
                symptom.text().startsWith("malformed database schema")
                        ? Corruption.Kind.SCHEMA
                        : Corruption.Kind.MALFORMED;
        };
    }

    /** The messages of SQLITE_ERROR that name something missing; every other one is the application's. */
    private static Fault ofPlainError(Symptom symptom) {
        String text = symptom.text();
        if (text.equals("unsupported file format")) {
            return new Corruption(symptom, Corruption.Kind.UNSUPPORTED_FORMAT);
        }
        if (text.startsWith("invalid fts5 file format") || text.startsWith(Corruption.NO_VIRTUAL_TABLE)) {
            return new Corruption(symptom, Corruption.Kind.VIRTUAL_TABLE);
        }
        for (MissingObject.Kind kind : MissingObject.Kind.values()) {
            String beginning = "no such " + kind.name().toLowerCase(Locale.ROOT) + ": ";
            if (text.startsWith(beginning)) {
                return new MissingObject(symptom, kind, text.substring(beginning.length()));
            }
        }
        if (text.startsWith("no such column: ")) {
            return new MissingColumn(symptom, "", text.substring("no such column: ".length()));
        }
        // "table T has no column named C": the last place where that stands, because a table's name may hold these
        // words.
        int split = text.lastIndexOf(" has no column named ");
        if (text.startsWith("table ") && split > 0) {
            return new MissingColumn(
                    symptom,
                    text.substring("table ".length(), split),
                    text.substring(split + " has no column named ".length()));
        }
        Matcher there = ALREADY_THERE.matcher(text);
        if (there.matches()) {
            Fault.AlreadyThere.Kind kind =
                    Fault.AlreadyThere.Kind.valueOf(there.group(1).toUpperCase(Locale.ROOT));
            return new Fault.AlreadyThere(symptom, kind, unquoted(there.group(2)));
        }
        return new Fault.Application(symptom);
    }

    /** SQLite gives a name as the statement has it. */
    private static String unquoted(String name) {
        char first = name.isEmpty() ? ' ' : name.charAt(0);
        char last = name.isEmpty() ? ' ' : name.charAt(name.length() - 1);
        boolean quoted = name.length() > 1
                && (first == '"' && last == '"' || first == '`' && last == '`' || first == '[' && last == ']');
        return quoted ? name.substring(1, name.length() - 1).replace("" + first + first, "" + first) : name;
    }

    private static Symptom symptom(SQLException exception) {
        int entry = -1;
        SQLException inner = exception;
        if (exception instanceof BatchUpdateException) {
            Matcher matcher = BATCH_ENTRY.matcher(String.valueOf(exception.getMessage()));
            entry = matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : -1;
        }
        for (int depth = 0; depth < DEEPEST_CAUSE && inner.getErrorCode() == 0; depth++) {
            if (!(inner.getCause() instanceof SQLException cause) || cause == inner) {
                break;
            }
            inner = cause;
        }
        String message = String.valueOf(inner.getMessage());
        int code = code(inner, message);
        return new Symptom(exception, code, text(inner, message), entry);
    }

    private static int code(SQLException exception, String message) {
        if (exception instanceof SQLiteException sqlite && sqlite.getResultCode() != SQLiteErrorCode.UNKNOWN_ERROR) {
            return sqlite.getResultCode().code;
        }
        Matcher unknown = UNKNOWN_CODE.matcher(message);
        if (unknown.find()) {
            return Integer.parseInt(unknown.group(1));
        }
        // From another class loader, or from a pool that copied the message: its beginning names the extended code.
        Matcher named = NAMED_CODE.matcher(message);
        if (named.lookingAt()) {
            for (SQLiteErrorCode known : SQLiteErrorCode.values()) {
                if (known.name().equals(named.group(1))) {
                    return known.code;
                }
            }
        }
        return exception.getErrorCode();
    }

    /** SQLite's text is the message without sqlite-jdbc's description of the code before it and the parenthesis around it. */
    private static String text(SQLException exception, String message) {
        if (!message.endsWith(")")) {
            return message;
        }
        if (exception instanceof SQLiteException sqlite) {
            String prefix = sqlite.getResultCode() + " (";
            if (message.startsWith(prefix)) {
                return message.substring(prefix.length(), message.length() - 1);
            }
        }
        for (SQLiteErrorCode known : SQLiteErrorCode.values()) {
            String prefix = known + " (";
            if (message.startsWith(prefix)) {
                return message.substring(prefix.length(), message.length() - 1);
            }
        }
        Matcher unknown = UNKNOWN_CODE.matcher(message);
        if (unknown.find() && message.startsWith(" (", unknown.end())) {
            return message.substring(unknown.end() + 2, message.length() - 1);
        }
        return message;
    }
}
