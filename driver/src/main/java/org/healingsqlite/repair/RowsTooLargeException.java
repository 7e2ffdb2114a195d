package org.healingsqlite.repair;

import java.sql.SQLException;
import org.healingsqlite.log.Disclosed;

/** Rows are larger than the memory at hand, and would be lost: with more of it the same heal succeeds. */
public final class RowsTooLargeException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    RowsTooLargeException(long rows) {
        super(rows + " rows are larger than the memory at hand, and would be lost: expected a heap of some times the"
                + " largest value");
    }
}
