package org.healingsqlite.demo.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class CallsTest {
    private final Calls calls = new Calls();

    @Test
    void countsAnswersAndExceptionsBeforeAndAfterTheFault() throws SQLException {
        assertThat(calls.count(() -> "answer")).isEqualTo("answer");
        calls.faultBegins();
        calls.count(() -> "answer");
        fail(new SQLException("first"));
        fail(new SQLException("second"));
        calls.count(() -> "answer");

        assertThat(calls.beforeFault().calls()).isEqualTo(1);
        assertThat(calls.beforeFault().failureRate()).isZero();
        assertThat(calls.afterFault().calls()).isEqualTo(4);
        assertThat(calls.afterFault().errors()).isEqualTo(2);
        assertThat(calls.afterFault().failureRate()).isEqualTo(0.5);
        assertThat(calls.afterFault().firstError()).isEqualTo("first");
    }

    @Test
    void anExceptionThatIsNotOfJdbcIsAnErrorOfTheClientToo() {
        fail(new IllegalStateException("no connection"));

        assertThat(calls.beforeFault().errors()).isEqualTo(1);
    }

    @Test
    void aCallThatBeganBeforeTheFaultAndEndsAfterItCountsAsAfter() throws SQLException {
        calls.count(() -> {
            calls.faultBegins();
            return "answer";
        });

        assertThat(calls.beforeFault().calls()).isZero();
        assertThat(calls.afterFault().calls()).isEqualTo(1);
    }

    private void fail(Exception exception) {
        assertThatThrownBy(() -> calls.count(() -> {
                    if (exception instanceof SQLException sql) {
                        throw sql;
                    }
                    throw (RuntimeException) exception;
                }))
                .isSameAs(exception);
    }

    @Test
    void sqlitesOwnWordsAreTakenOutOfTheMessage() {
        assertThat(Calls.message(
                        new SQLException("[SQLITE_ERROR] SQL error or missing database (no such table: runs)")))
                .isEqualTo("no such table: runs");
        assertThat(Calls.message(new SQLException("[SQLITE_BUSY] The database file is locked (database is (b)locked)")))
                .isEqualTo("database is (b)locked");
        assertThat(Calls.message(new SQLException("Connection is closed (by pool)")))
                .isEqualTo("Connection is closed (by pool)");
        assertThat(Calls.message(new SQLException())).isEqualTo("null");
    }
}
