package org.healingsqlite.agent.weave;

import java.util.ArrayList;
import java.util.List;

/**
 * A method of sqlite-jdbc that is woven, and the advice that it gets. The woven methods of docs/agent.md are printed from this table.
 *
 * <p>Only the innermost of the methods that call each other is woven: up to 3.40 {@code executeUpdate} does the work, later {@code executeLargeUpdate} does.
 *
 * <p>The name of a join point is what the gate and the core know a failed call by. Advice is named, not referred to: where the class files of a release were woven ahead,
 * neither an advice class nor Byte Buddy is loaded.
 */
enum JoinPoint {
    OPEN("org/sqlite/JDBC", "createConnection", "(Ljava/lang/String;Ljava/util/Properties;)", "OpenAdvice"),
    PREPARE("org/sqlite/jdbc4/JDBC4Connection", "prepareStatement", "(Ljava/lang/String;III)", "PrepareAdvice"),
    EXECUTE("org/sqlite/jdbc3/JDBC3Statement", "execute", "(Ljava/lang/String;)", "TextAdvice$Execute"),
    QUERY("org/sqlite/jdbc3/JDBC3Statement", "executeQuery", "(Ljava/lang/String;)", "TextAdvice$Query"),
    UPDATE("org/sqlite/jdbc3/JDBC3Statement", "executeLargeUpdate", "(Ljava/lang/String;)", "TextAdvice$Update"),
    OLD_UPDATE(
            "org/sqlite/jdbc3/JDBC3Statement", "executeUpdate", "(Ljava/lang/String;)", "TextAdvice$OldUpdate", UPDATE),
    BATCH("org/sqlite/jdbc3/JDBC3Statement", "executeLargeBatch", "()", "BatchAdvice$OfTexts"),
    OLD_BATCH("org/sqlite/jdbc3/JDBC3Statement", "executeBatch", "()", "BatchAdvice$OfTexts", BATCH),
    PREPARED_EXECUTE("org/sqlite/jdbc3/JDBC3PreparedStatement", "execute", "()", "PreparedAdvice$Execute"),
    PREPARED_QUERY("org/sqlite/jdbc3/JDBC3PreparedStatement", "executeQuery", "()", "PreparedAdvice$Query"),
    PREPARED_UPDATE("org/sqlite/jdbc3/JDBC3PreparedStatement", "executeLargeUpdate", "()", "PreparedAdvice$Update"),
    OLD_PREPARED_UPDATE(
            "org/sqlite/jdbc3/JDBC3PreparedStatement",
            "executeUpdate",
            "()",
            "PreparedAdvice$OldUpdate",
            PREPARED_UPDATE),
    PREPARED_BATCH("org/sqlite/core/CorePreparedStatement", "executeLargeBatch", "()", "BatchAdvice$OfParameters"),
    OLD_PREPARED_BATCH(
            "org/sqlite/core/CorePreparedStatement", "executeBatch", "()", "BatchAdvice$OfParameters", PREPARED_BATCH),
    CHECK_OPEN("org/sqlite/core/CoreStatement", "checkOpen", "()", "RenewAdvice"),
    NEXT("org/sqlite/jdbc3/JDBC3ResultSet", "next", "()", "ReadAdvice$Next"),
    INT("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetIntCol", "(I)", "RenewAdvice"),
    LONG("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetLongCol", "(I)", "ReadAdvice$AsLong"),
    DOUBLE("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetDoubleCol", "(I)", "ReadAdvice$AsDouble"),
    TEXT("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnText", "(I)", "ReadAdvice$AsObject"),
    BLOB("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnBlob", "(I)", "RenewAdvice"),
    TYPE("org/sqlite/jdbc3/JDBC3ResultSet", "safeGetColumnType", "(I)", "ReadAdvice$TypeOf"),
    GET_INT("org/sqlite/jdbc3/JDBC3ResultSet", "getInt", "(I)", "ReadAdvice$AsInt"),
    GET_BYTES("org/sqlite/jdbc3/JDBC3ResultSet", "getBytes", "(I)", "ReadAdvice$AsObject"),
    BEFORE_FIRST("org/sqlite/jdbc3/JDBC3ResultSet", "isBeforeFirst", "()", "UncomparableAdvice"),
    SET_SAVEPOINT("org/sqlite/jdbc3/JDBC3Connection", "setSavepoint", "()", "SavepointAdvice$Set"),
    SET_NAMED_SAVEPOINT(
            "org/sqlite/jdbc3/JDBC3Connection", "setSavepoint", "(Ljava/lang/String;)", "SavepointAdvice$Set"),
    RELEASE_SAVEPOINT(
            "org/sqlite/jdbc3/JDBC3Connection",
            "releaseSavepoint",
            "(Ljava/sql/Savepoint;)",
            "SavepointAdvice$Release"),
    ROLLBACK_TO("org/sqlite/jdbc3/JDBC3Connection", "rollback", "(Ljava/sql/Savepoint;)", "SavepointAdvice$RollBack"),
    EXEC("org/sqlite/core/DB", "exec", "(Ljava/lang/String;", "ExecAdvice"),
    COMMIT("org/sqlite/SQLiteConnection", "commit", "()", "EndAdvice$Commit"),
    ROLLBACK("org/sqlite/SQLiteConnection", "rollback", "()", "EndAdvice$Rollback"),
    AUTO_COMMIT("org/sqlite/SQLiteConnection", "setAutoCommit", "(Z)", "EndAdvice$AutoCommit"),
    CLOSE("org/sqlite/SQLiteConnection", "close", "()", "CloseAdvice"),
    FUNCTION(
            "org/sqlite/core/NativeDB",
            "create_function",
            "(Ljava/lang/String;Lorg/sqlite/Function;II)",
            "RegisterAdvice$Function"),
    NO_FUNCTION("org/sqlite/core/NativeDB", "destroy_function", "(Ljava/lang/String;)", "RegisterAdvice$Gone"),
    COLLATION(
            "org/sqlite/core/NativeDB",
            "create_collation",
            "(Ljava/lang/String;Lorg/sqlite/Collation;)",
            "RegisterAdvice$Collation"),
    NO_COLLATION("org/sqlite/core/NativeDB", "destroy_collation", "(Ljava/lang/String;)", "RegisterAdvice$Gone");

    private static final JoinPoint[] ALL = values();

    /** The internal name of the class. */
    final String type;

    final String method;

    /** What the method's descriptor begins with. */
    final String parameters;

    /** The binary name of the advice class, without its package. */
    final String advice;

    /** Newer methods, which this one only calls where the class has them. */
    private final List<JoinPoint> unless;

    JoinPoint(String type, String method, String parameters, String advice, JoinPoint... unless) {
        this.type = type;
        this.method = method;
        this.parameters = parameters;
        this.advice = advice;
        this.unless = List.of(unless);
    }

    /** Whether a class has methods to weave. This runs while classes are loaded: a loop costs less there than a stream. */
    static boolean isIn(String type) {
        for (JoinPoint point : ALL) {
            if (point.type.equals(type)) {
                return true;
            }
        }
        return false;
    }

    /** Those of a class; which of them it has depends on the release. */
    static List<JoinPoint> of(String type) {
        List<JoinPoint> points = new ArrayList<>();
        for (JoinPoint point : ALL) {
            if (point.type.equals(type)) {
                points.add(point);
            }
        }
        return points;
    }

    /** Whether a method is this one. */
    boolean is(String name, String descriptor) {
        return method.equals(name) && descriptor.startsWith(parameters);
    }

    /** Whether the class has the newer method, that this one only calls. */
    boolean isReplacedBy(Iterable<JoinPoint> declared) {
        for (JoinPoint each : declared) {
            if (unless.contains(each)) {
                return true;
            }
        }
        return false;
    }

    /** The releases of sqlite-jdbc that have the method as the innermost one. */
    String releases() {
        if (!unless.isEmpty()) {
            return "up to 3.40";
        }
        for (JoinPoint each : ALL) {
            if (each.unless.contains(this)) {
                return "3.41 and newer";
            }
        }
        return "all";
    }
}
