package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import org.healingsqlite.log.Disclosed;

/** The lock between processes cannot be had, and nobody else has it: the disk is full, for example, or the process is out of descriptors. */
final class NoLockException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    NoLockException(String message, IOException cause) {
        super(message, cause);
    }
}
