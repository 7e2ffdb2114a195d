package org.healingsqlite.heal;

import java.sql.SQLException;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosed;

/** The file was taken away, or another one took its place, while it was being opened: whoever opens looks again. */
@Internal
public final class TakenAwayException extends SQLException implements Disclosed {
    private static final long serialVersionUID = 1L;

    TakenAwayException(DatabaseFile file) {
        super(file.main() + " was taken away while it was being opened", "08001");
    }
}
