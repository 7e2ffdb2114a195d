package org.healingsqlite.replication;

import java.io.IOException;
import org.healingsqlite.log.Disclosed;

/** Somebody else owns the replica at the moment: what is restored beside a living owner would be a second history. */
public final class ReplicaInUseException extends IOException implements Disclosed {
    private static final long serialVersionUID = 1L;

    public ReplicaInUseException(String message) {
        super(message);
    }
}
