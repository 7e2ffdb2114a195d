package org.healingsqlite.differential;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Chooses calls and their arguments by a seed, so that both sides can be given the same. */
final class RandomCalls {
    private static final List<String> QUERIES = List.of(
            "SELECT id, name, price, data FROM item ORDER BY id",
            "SELECT * FROM item WHERE id > ?",
            "SELECT name, ? AS given FROM item WHERE id IN (?, ?)",
            "SELECT count(*), max(price), group_concat(name) FROM item",
            "SELECT 1 AS a, 2.5 AS b, 'text' AS c, x'0102' AS d, NULL AS e",
            "SELECT * FROM item_view",
            "SELECT * FROM no_such_table",
            "SELECT no_such_column FROM item",
            "SELECT item.*, other.* FROM item LEFT JOIN other ON other.item = item.id ORDER BY item.id",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i, i * 1.5, 'row ' || i FROM n",
            "PRAGMA table_info(item)",
            "PRAGMA user_version",
            "VALUES (1, 'x'), (2, NULL)",
            "SELECT date_text, at FROM moments",
            "INSERT INTO other (item, note) VALUES (1, 'returned') RETURNING id, note");
    /** No text without a statement in it: after one sqlite-jdbc cannot close its connection any more. */
    private static final List<String> UPDATES = List.of(
            "INSERT INTO item (name, price) VALUES ('new', 1.25)",
            "INSERT INTO item (name, price, data) VALUES (?, ?, ?)",
            "INSERT INTO item (id, name) VALUES (1, 'taken')",
            "INSERT INTO item (name) VALUES (NULL)",
            "UPDATE item SET price = price + 1 WHERE id % 2 = 0",
            "UPDATE item SET name = ? WHERE id = ?",
            "DELETE FROM item WHERE id > 40",
            "DELETE FROM other",
            "INSERT INTO other (item, note) SELECT id, name FROM item LIMIT 3",
            "REPLACE INTO item (id, name) VALUES (?, ?)",
            "INSERT INTO moments VALUES (?, ?)",
            "INSERT INTO no_such_table VALUES (1)",
            "CREATE TABLE IF NOT EXISTS extra (a, b)",
            "CREATE TABLE extra (a, b)",
            "DROP TABLE IF EXISTS extra",
            "DROP TABLE extra",
            "ALTER TABLE extra ADD COLUMN c",
            "INSERT INTO extra (a) VALUES (1)",
            "CREATE TEMP TABLE IF NOT EXISTS scratch (x)",
            "INSERT INTO scratch VALUES (?)",
            "ATTACH ':memory:' AS side",
            "DETACH side",
            "PRAGMA user_version = 7",
            "PRAGMA foreign_keys = ON",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT s",
            "RELEASE s",
            "ROLLBACK TO s",
            "INSERT INTO other (note) VALUES ('one'); INSERT INTO other (note) VALUES ('two')",
            "INSERT INTO other (note) VALUES ('one'); INSERT INTO no_such_table VALUES (1)",
            "THIS IS NOT SQL",
            "  insert into other (note) values ('lower')  ;  ",
            "ANALYZE",
            "REINDEX");

    private static final List<String> NAMES =
            Arrays.asList("id", "NAME", "price", "data", "a", "given", "no_such", "", "item", "other", "%", null);

    /** Calls that make no sense to compare, each with its reason. */
    private static final Set<String> LEFT_OUT = Set.of(
            "isValid", // ours looks at the file: the documented difference
            "close", // of connections: sessions end at fixed points
            "getParentLogger",
            "toString",
            "hashCode",
            "equals",
            "unwrap", // gives other classes by nature
            "isWrapperFor");

    private static final Map<Class<?>, List<Method>> METHODS = new HashMap<>();

    /** Methods of most use are drawn more often than the hundreds that SQLite does not support. */
    private static final Set<String> OFTEN = Set.of(
            "next",
            "executeQuery",
            "executeUpdate",
            "execute",
            "executeBatch",
            "addBatch",
            "prepareStatement",
            "createStatement",
            "getString",
            "getInt",
            "getObject",
            "getDouble",
            "getBytes",
            "setInt",
            "setString",
            "setObject",
            "commit",
            "rollback",
            "setAutoCommit",
            "getGeneratedKeys",
            "getResultSet",
            "getUpdateCount",
            "getMetaData",
            "getTables",
            "getColumns",
            "wasNull");

    private final Random random;

    RandomCalls(long seed) {
        this.random = new Random(seed);
    }

    /** One call to be made on both sides. */
    record Call(int target, Method method, Function<Lane, Object[]> arguments, String words) {}

    Call next(Lane lane) {
        int target = random.nextInt(4) == 0
                ? 0
                : Math.max(0, lane.objects.size() - 1 - random.nextInt(Math.min(lane.objects.size(), 12)));
        Class<?> kind = lane.objects.get(target).kind();
        List<Method> methods = METHODS.computeIfAbsent(kind, RandomCalls::methods);
        Method method = methods.get(random.nextInt(methods.size()));
        long argumentSeed = random.nextLong();
        Function<Lane, Object[]> arguments = side -> arguments(method, new Random(argumentSeed), side);
        String words =
                kind.getSimpleName() + "#" + target + "." + method.getName() + describe(method, argumentSeed, lane);
        return new Call(target, method, arguments, words);
    }

    private static String describe(Method method, long seed, Lane lane) {
        Object[] values = arguments(method, new Random(seed), lane);
        return Arrays.stream(values)
                .map(value -> value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value))
                .toList()
                .toString();
    }

    private static List<Method> methods(Class<?> kind) {
        List<Method> all = Arrays.stream(kind.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !LEFT_OUT.contains(method.getName())
                        || method.getName().equals("close") && kind != Connection.class)
                .sorted(Comparator.comparing(Method::toString))
                .toList();
        List<Method> weighted = new java.util.ArrayList<>(all);
        for (Method method : all) {
            if (OFTEN.contains(method.getName())) {
                for (int i = 0; i < 12; i++) {
                    weighted.add(method);
                }
            }
        }
        return weighted;
    }

    private static Object[] arguments(Method method, Random random, Lane lane) {
        Class<?>[] types = method.getParameterTypes();
        Object[] values = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            values[i] = argument(method, types[i], i, random, lane);
        }
        return values;
    }

    private static Object argument(Method method, Class<?> type, int position, Random random, Lane lane) {
        if (type == String.class) {
            return text(method, position, random);
        }
        if (type == int.class) {
            return integer(method, method.getParameterCount(), position, random);
        }
        if (type == long.class) {
            return (long) random.nextInt(100);
        }
        if (type == boolean.class) {
            return random.nextBoolean();
        }
        if (type == double.class) {
            return random.nextDouble();
        }
        if (type == float.class) {
            return random.nextFloat();
        }
        if (type == short.class) {
            return (short) random.nextInt(1000);
        }
        if (type == byte.class) {
            return (byte) random.nextInt(100);
        }
        if (random.nextInt(12) == 0) {
            return null;
        }
        return reference(type, random, lane);
    }

    private static int integer(Method method, int parameters, int position, Random random) {
        boolean cursor = method.getDeclaringClass() == Connection.class
                && parameters > (method.getName().startsWith("prepare") ? 2 : 1);
        if (cursor && random.nextInt(10) > 0) {
            // Type, concurrency and holdability are the last arguments, in this order.
            int first = method.getName().startsWith("prepare") ? 1 : 0;
            return List.of(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, ResultSet.CLOSE_CURSORS_AT_COMMIT)
                    .get(position - first);
        }
        return switch (method.getName()) {
            case "setFetchSize", "setMaxRows" -> random.nextInt(30);
            case "setQueryTimeout" -> random.nextInt(3);
            default -> random.nextInt(7) - (random.nextInt(8) == 0 ? 3 : 0);
        };
    }

    private static Object reference(Class<?> type, Random random, Lane lane) {
        if (type == Object.class) {
            return List.of(
                            1,
                            2L,
                            3.5,
                            "object",
                            new byte[] {1, 2},
                            new Date(86_400_000L * 365),
                            true,
                            'c',
                            new BigDecimal("1.10"))
                    .get(random.nextInt(9));
        }
        if (type == byte[].class) {
            return new byte[] {(byte) random.nextInt(100), 0, 1};
        }
        if (type == BigDecimal.class) {
            return new BigDecimal("12.50");
        }
        if (type == Date.class) {
            return new Date(86_400_000L * random.nextInt(10_000));
        }
        if (type == Time.class) {
            return new Time(1000L * random.nextInt(80_000));
        }
        if (type == Timestamp.class) {
            return new Timestamp(1_000_000_007L * random.nextInt(1000));
        }
        if (type == Calendar.class) {
            return Calendar.getInstance(TimeZone.getTimeZone(random.nextBoolean() ? "UTC" : "Asia/Tokyo"));
        }
        if (type == InputStream.class) {
            return new ByteArrayInputStream("stream content".getBytes(StandardCharsets.UTF_8));
        }
        if (type == Reader.class) {
            return new StringReader("reader content");
        }
        if (type == int[].class) {
            return new int[] {1};
        }
        if (type == String[].class) {
            return random.nextBoolean() ? new String[] {"TABLE"} : new String[] {"id"};
        }
        if (type == Class.class) {
            return List.of(
                            String.class,
                            Integer.class,
                            Long.class,
                            byte[].class,
                            BigDecimal.class,
                            Double.class,
                            Object.class)
                    .get(random.nextInt(7));
        }
        if (type == Savepoint.class) {
            return lane.objects.stream()
                    .map(Lane.Given::object)
                    .filter(Savepoint.class::isInstance)
                    .reduce((first, second) -> second)
                    .orElse(null);
        }
        if (type == Properties.class) {
            return new Properties();
        }
        if (type == Map.class) {
            return new HashMap<String, Class<?>>();
        }
        if (type == Executor.class) {
            return (Executor) Runnable::run;
        }
        return null;
    }

    private static String text(Method method, int position, Random random) {
        Class<?> owner = method.getDeclaringClass();
        String name = method.getName();
        if (Statement.class.isAssignableFrom(owner)
                && position == 0
                && (name.startsWith("execute") || name.equals("addBatch"))) {
            return name.equals("executeQuery") ? mostly(QUERIES, UPDATES, random) : mostly(UPDATES, QUERIES, random);
        }
        if (owner == Connection.class && (name.startsWith("prepare") || name.equals("nativeSQL")) && position == 0) {
            return random.nextBoolean() ? mostly(QUERIES, UPDATES, random) : mostly(UPDATES, QUERIES, random);
        }
        if (PreparedStatement.class.isAssignableFrom(owner) && position > 0) {
            return "value " + random.nextInt(5);
        }
        if (owner == ResultSet.class || owner == DatabaseMetaData.class) {
            return NAMES.get(random.nextInt(NAMES.size()));
        }
        return "name" + random.nextInt(3);
    }

    private static String mostly(List<String> these, List<String> those, Random random) {
        List<String> chosen = random.nextInt(6) == 0 ? those : these;
        return chosen.get(random.nextInt(chosen.size()));
    }
}
