package org.healingsqlite.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.RowsSeen;
import org.healingsqlite.session.Attempt;
import org.healingsqlite.session.TransactionErrors;
import org.jspecify.annotations.Nullable;

/** A result set that leads back to healing objects. It stays on the physical connection it was read from until it is closed. */
final class HealingResultSet extends ForwardingResultSet {
    private static final Log LOG = Log.of(HealingResultSet.class);

    private final DriverDoor door;
    private final Statement statement;
    private final ResultSet raw;
    private volatile boolean ended;
    private boolean keeping;

    HealingResultSet(DriverDoor door, Statement statement, ResultSet raw) {
        this.door = door;
        this.statement = statement;
        this.raw = raw;
    }

    /**
     * Ends it before its last row. Called by the thread that heals.
     *
     * <p>sqlite-jdbc's result set says "no more rows" once it is closed, which would be a lie here.
     */
    void end() {
        try {
            if (!raw.isClosed()) {
                ended = true;
                raw.close();
            }
        } catch (SQLException e) {
            LOG.debug("Ending a result set: {}", Disclosure.message(e));
        }
    }

    /**
     * The statement has run again: sqlite-jdbc uses one object for all its results.
     *
     * @param committing whether the statement commits when its last row is read, and that is kept in the archive
     * @param recorder is told what is read; null where nobody wants to know
     */
    void begun(boolean committing, @Nullable RowsSeen recorder) {
        keeping = committing;
        if (ended) {
            ended = false;
        }
        seen = recorder;
    }

    @Override
    public boolean next() throws SQLException {
        return keeping ? door.kept(this::moved) : moved();
    }

    @Override
    public void close() throws SQLException {
        if (keeping) {
            door.kept(() -> {
                super.close();
                return Boolean.TRUE;
            });
        } else {
            super.close();
        }
    }

    private boolean moved() throws SQLException {
        boolean more;
        try {
            more = raw.next();
        } catch (SQLException e) {
            if (ended) {
                throw TransactionErrors.endedEarly(e);
            }
            throw Attempt.ofResults(door.session(), e);
        }
        if (!more && ended) {
            throw TransactionErrors.endedEarly(null);
        }
        if (seen != null) {
            seen.moved(more);
        }
        return more;
    }

    @Override
    ResultSet delegate() {
        return raw;
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }

    @Override
    public @Nullable Statement getStatement() throws SQLException {
        try {
            return raw.getStatement() == null ? null : statement;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        try {
            return new HealingResultSetMetaData(raw.getMetaData());
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
