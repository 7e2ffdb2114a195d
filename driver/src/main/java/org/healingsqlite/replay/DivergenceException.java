package org.healingsqlite.replay;

/** A transaction that ran again told something else than the first time: going on would be a lie. */
public final class DivergenceException extends Exception {
    private static final long serialVersionUID = 1L;

    DivergenceException(String message) {
        super(message);
    }
}
