package org.healingsqlite.session;

import java.sql.SQLException;

/** One run of a call of the application. */
@FunctionalInterface
public interface Call<T> {
    T run() throws SQLException;
}
