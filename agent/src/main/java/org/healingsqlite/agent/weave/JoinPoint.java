package org.healingsqlite.agent.weave;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A method of sqlite-jdbc that is woven.
 *
 * <p>Only the innermost of the methods that call each other is: up to 3.40 {@code executeUpdate} does the work, later {@code executeLargeUpdate}
 * does.
 */
enum JoinPoint {
    OPEN("org/sqlite/JDBC", "createConnection", "(Ljava/lang/String;Ljava/util/Properties;)", Kind.OPEN),
    PREPARE("org/sqlite/jdbc4/JDBC4Connection", "prepareStatement", "(Ljava/lang/String;III)", Kind.HEAL),
    EXECUTE("org/sqlite/jdbc3/JDBC3Statement", "execute", "(Ljava/lang/String;)", Kind.HEAL_SQL),
    QUERY("org/sqlite/jdbc3/JDBC3Statement", "executeQuery", "(Ljava/lang/String;)", Kind.HEAL_SQL),
    UPDATE("org/sqlite/jdbc3/JDBC3Statement", "executeLargeUpdate", "(Ljava/lang/String;)", Kind.HEAL_SQL),
    OLD_UPDATE("org/sqlite/jdbc3/JDBC3Statement", "executeUpdate", "(Ljava/lang/String;)", Kind.HEAL_SQL, UPDATE),
    BATCH("org/sqlite/jdbc3/JDBC3Statement", "executeLargeBatch", "()", Kind.HEAL_BATCH),
    OLD_BATCH("org/sqlite/jdbc3/JDBC3Statement", "executeBatch", "()", Kind.HEAL_BATCH, BATCH),
    PREPARED_EXECUTE("org/sqlite/jdbc3/JDBC3PreparedStatement", "execute", "()", Kind.HEAL_PREPARED),
    PREPARED_QUERY("org/sqlite/jdbc3/JDBC3PreparedStatement", "executeQuery", "()", Kind.HEAL_PREPARED),
    PREPARED_UPDATE("org/sqlite/jdbc3/JDBC3PreparedStatement", "executeLargeUpdate", "()", Kind.HEAL_PREPARED),
    OLD_PREPARED_UPDATE(
            "org/sqlite/jdbc3/JDBC3PreparedStatement", "executeUpdate", "()", Kind.HEAL_PREPARED, PREPARED_UPDATE),
    PREPARED_BATCH("org/sqlite/core/CorePreparedStatement", "executeLargeBatch", "()", Kind.HEAL_BATCH),
    OLD_PREPARED_BATCH("org/sqlite/core/CorePreparedStatement", "executeBatch", "()", Kind.HEAL_BATCH, PREPARED_BATCH),
    CHECK_OPEN("org/sqlite/core/CoreStatement", "checkOpen", "()", Kind.RENEW),
    NEXT("org/sqlite/jdbc3/JDBC3ResultSet", "next", "()", Kind.RENEW),
    INT("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetIntCol", "(I)", Kind.RENEW),
    LONG("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetLongCol", "(I)", Kind.RENEW),
    DOUBLE("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetDoubleCol", "(I)", Kind.RENEW),
    TEXT("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnText", "(I)", Kind.RENEW),
    BLOB("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnBlob", "(I)", Kind.RENEW),
    TYPE("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnType", "(I)", Kind.RENEW),
    GET_INT("org/sqlite/jdbc3/JDBC3ResultSet", "getInt", "(I)", Kind.RENEW),
    GET_BYTES("org/sqlite/jdbc3/JDBC3ResultSet", "getBytes", "(I)", Kind.RENEW),
    BEFORE_FIRST("org/sqlite/jdbc3/JDBC3ResultSet", "isBeforeFirst", "()", Kind.UNCOMPARABLE),
    SET_SAVEPOINT("org/sqlite/jdbc3/JDBC3Connection", "setSavepoint", "()", Kind.SAVEPOINT),
    SET_NAMED_SAVEPOINT("org/sqlite/jdbc3/JDBC3Connection", "setSavepoint", "(Ljava/lang/String;)", Kind.SAVEPOINT),
    RELEASE_SAVEPOINT("org/sqlite/jdbc3/JDBC3Connection", "releaseSavepoint", "(Ljava/sql/Savepoint;)", Kind.SAVEPOINT),
    ROLLBACK_TO("org/sqlite/jdbc3/JDBC3Connection", "rollback", "(Ljava/sql/Savepoint;)", Kind.SAVEPOINT),
    EXEC("org/sqlite/core/DB", "exec", "(Ljava/lang/String;", Kind.PAST_JDBC),
    COMMIT("org/sqlite/SQLiteConnection", "commit", "()", Kind.IDLE),
    ROLLBACK("org/sqlite/SQLiteConnection", "rollback", "()", Kind.IDLE),
    AUTO_COMMIT("org/sqlite/SQLiteConnection", "setAutoCommit", "(Z)", Kind.IDLE),
    CLOSE("org/sqlite/SQLiteConnection", "close", "()", Kind.CLOSE),
    FUNCTION(
            "org/sqlite/core/NativeDB",
            "create_function",
            "(Ljava/lang/String;Lorg/sqlite/Function;II)",
            Kind.FUNCTION),
    NO_FUNCTION("org/sqlite/core/NativeDB", "destroy_function", "(Ljava/lang/String;)", Kind.GONE),
    COLLATION(
            "org/sqlite/core/NativeDB",
            "create_collation",
            "(Ljava/lang/String;Lorg/sqlite/Collation;)",
            Kind.COLLATION),
    NO_COLLATION("org/sqlite/core/NativeDB", "destroy_collation", "(Ljava/lang/String;)", Kind.GONE);

    /** What goes into a method. */
    enum Kind {
        /** Asks for a connection that heals, before anything else. */
        OPEN,
        /** Looks before the call; asks after a failure, and makes the call again. */
        HEAL,
        /** The same, and tells of the SQL that has run: the argument. */
        HEAL_SQL,
        /** The same, with the SQL that the statement was prepared with. */
        HEAL_PREPARED,
        /** The same, and keeps the batch. */
        HEAL_BATCH,
        /** Asks after a failure only. */
        RENEW,
        /** Tells that a transaction is about to end, and that it has. */
        IDLE,
        /** Tells that the connection is about to be closed. */
        CLOSE,
        /** Tells that something is asked which a replay does not compare. */
        UNCOMPARABLE,
        /** Tells that a savepoint was set, released or gone back to. */
        SAVEPOINT,
        /** Tells of SQL that has run past all statements. */
        PAST_JDBC,
        FUNCTION,
        COLLATION,
        GONE
    }

    private static final JoinPoint[] ALL = values();

    final String type;
    final String method;
    final String parameters;
    final Kind kind;
    private final List<JoinPoint> unless;

    JoinPoint(String type, String method, String parameters, Kind kind, JoinPoint... unless) {
        this.type = type;
        this.method = method;
        this.parameters = parameters;
        this.kind = kind;
        this.unless = List.of(unless);
    }

    /** Whether a class has methods to weave. This and what follows runs while classes are loaded: loops cost less there than streams. */
    static boolean isIn(String type) {
        for (JoinPoint point : ALL) {
            if (point.type.equals(type)) {
                return true;
            }
        }
        return false;
    }

    static List<JoinPoint> of(String type) {
        List<JoinPoint> points = new ArrayList<>();
        for (JoinPoint point : ALL) {
            if (point.type.equals(type)) {
                points.add(point);
            }
        }
        return points;
    }

    /** What the gate is told of the value that the method gives, and its type there; null where nothing. */
    String @Nullable [] seen() {
        return switch (this) {
            case GET_INT -> new String[] {"sawInt", "(ILjava/lang/Object;I)V"};
            case LONG -> new String[] {"sawLong", "(JLjava/lang/Object;I)V"};
            case DOUBLE -> new String[] {"sawDouble", "(DLjava/lang/Object;I)V"};
            case TYPE -> new String[] {"sawType", "(ILjava/lang/Object;I)V"};
            case TEXT, GET_BYTES -> new String[] {"sawObject", "(Ljava/lang/Object;Ljava/lang/Object;I)V"};
            case NEXT -> new String[] {"moved", "(ZLjava/lang/Object;)V"};
            default -> null;
        };
    }

    /** Whether a failure of the method may have it run again. */
    boolean repeats() {
        return kind == Kind.HEAL
                || kind == Kind.HEAL_SQL
                || kind == Kind.HEAL_PREPARED
                || kind == Kind.HEAL_BATCH
                || kind == Kind.RENEW;
    }

    /** Whether the class has the newer method, that this one only calls. */
    boolean isReplacedBy(List<JoinPoint> declared) {
        for (JoinPoint newer : unless) {
            if (declared.contains(newer)) {
                return true;
            }
        }
        return false;
    }
}
