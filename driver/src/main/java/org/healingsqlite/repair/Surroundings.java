package org.healingsqlite.repair;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;

/** What a restore needs of the world around it. */
public interface Surroundings extends ContentSources, RestoreProgress {
    /** Whether rows may be lost. */
    boolean acceptsLoss();

    /** The longest wait for the lock. */
    Duration lockWait();

    /** Ends what keeps the database locked in this JVM and can be ended. */
    void endReaders() throws SQLException, IOException;

    /** Notes how it will have ended once the content is in place. */
    void decided(Restored result) throws IOException;

    /** The content is in place: what is left to do is to be begun when nobody waits any more, and the database not to be left alone before it has ended. */
    void settling(Settling rest);

    /** What was in place a moment ago is not: heard on a thread of its own, when everything else is over. */
    void unsound(String message);
}
