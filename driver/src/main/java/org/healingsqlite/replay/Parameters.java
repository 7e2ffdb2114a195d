package org.healingsqlite.replay;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The parameters of one execution, or the rows of one batch, as they were then: nothing changes them afterwards. */
public interface Parameters {

    /** Sets them on a statement that has none; a batch adds its rows. */
    void bindTo(PreparedStatement statement) throws SQLException;

    /** About how much memory they take. */
    long sizeBytes();
}
