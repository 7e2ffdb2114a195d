package org.healingsqlite.differential;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a healthy database the driver is sqlite-jdbc, call by call, errors included. */
class DelegationDifferentialTest {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aHealthyDatabaseShowsNoDifference(long seed) throws Exception {
        new Differential(directory, path -> DriverManager.getConnection("jdbc:healing:sqlite:" + path))
                .run(seed, 22_000);
    }

    @Test
    @Tag("campaign")
    void aHealthyDatabaseShowsNoDifferenceOverManySeeds() throws Exception {
        long first = System.nanoTime();
        for (long seed = first; seed < first + 100; seed++) {
            System.out.println("seed " + seed);
            new Differential(directory, path -> DriverManager.getConnection("jdbc:healing:sqlite:" + path))
                    .run(seed, 10_000);
        }
    }

    /** Negative control: a driver that counts one row too many is found out. */
    @Test
    void aWrongUpdateCountIsFound() {
        assertThatThrownBy(() -> new Differential(
                                directory, path -> miscounting(DriverManager.getConnection("jdbc:sqlite:" + path)))
                        .run(1, 5_000))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("executeUpdate");
    }

    private static Connection miscounting(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                DelegationDifferentialTest.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    Object value = invoke(method, connection, arguments);
                    return value instanceof Statement statement
                                    && method.getName().equals("createStatement")
                            ? miscounting(statement)
                            : value;
                });
    }

    private static Statement miscounting(Statement statement) {
        return (Statement) Proxy.newProxyInstance(
                DelegationDifferentialTest.class.getClassLoader(),
                new Class<?>[] {Statement.class},
                (proxy, method, arguments) -> {
                    Object value = invoke(method, statement, arguments);
                    return method.getName().equals("executeUpdate") ? (Integer) value + 1 : value;
                });
    }

    private static Object invoke(java.lang.reflect.Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
