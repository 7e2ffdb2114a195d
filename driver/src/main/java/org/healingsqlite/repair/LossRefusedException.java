package org.healingsqlite.repair;

import java.sql.SQLException;
import org.healingsqlite.log.Disclosed;

/** The content that could be recovered is not all there was, and the application would rather have the error. */
public final class LossRefusedException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    LossRefusedException(String lost) {
        super("recovering it would lose rows, and onLoss is refuse: " + lost);
    }
}
