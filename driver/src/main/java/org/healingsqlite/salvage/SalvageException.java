package org.healingsqlite.salvage;

import java.io.IOException;
import org.healingsqlite.log.Disclosed;

/** Salvage could not be done: wrong use, or reading or writing failed. Damage is never the reason. */
public final class SalvageException extends IOException implements Disclosed {

    private static final long serialVersionUID = 1L;

    public SalvageException(String message) {
        super(message);
    }

    public SalvageException(String message, Throwable cause) {
        super(message, cause);
    }
}
