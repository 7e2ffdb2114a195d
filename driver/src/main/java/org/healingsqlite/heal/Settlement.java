package org.healingsqlite.heal;

import org.healingsqlite.repair.Settling;
import org.jspecify.annotations.Nullable;

/** What the last heal of a database has left to do beside those who go on. Thread-safe. */
final class Settlement {
    private volatile @Nullable Settling rest;

    void leave(Settling rest) {
        this.rest = rest;
    }

    /** Begins it; does nothing where it has begun. */
    void begin() {
        Settling left = rest;
        if (left != null) {
            left.begin();
        }
    }

    /** Waits until nothing of it is left to do. */
    void await() {
        Settling left = rest;
        if (left != null) {
            left.await();
        }
    }
}
