package org.healingsqlite.replay;

import org.healingsqlite.log.Disclosed;

/** A transaction that ran again told something else than the first time: going on would be a lie. */
public final class DivergenceException extends Exception implements Disclosed {
    private static final long serialVersionUID = 1L;

    DivergenceException(String message) {
        super(message);
    }
}
