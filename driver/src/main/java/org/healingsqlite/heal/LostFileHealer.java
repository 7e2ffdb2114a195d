package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.repair.Publication;

/**
 * Heals a database whose file was deleted, renamed or replaced while connections hold it: its content is saved, goes back to the path or into the
 * quarantine, and the connections move. Called in the healer's turn only.
 */
final class LostFileHealer {
    private final LostFileParts parts;

    LostFileHealer(LostFileParts parts) {
        this.parts = parts;
    }

    /**
     * Takes a connection over to the file at the path, and sees to it that the content of the lost one is safe first.
     *
     * @param returns whether that goes back to the path
     * @param stranger what happens to a database that is at the path
     * @return what is not in the file at the path now
     */
    Loss move(HealableConnection connection, boolean returns, Publication.Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        FileIdentity lost = connection.identity();
        DatabaseFile file = parts.file();
        LastOwnership.noteLost(file, lost);
        if (file.createDirectory()) {
            steps.add("created directory " + file.directory());
        }
        parts.unsaved().release(connection);
        Crossing crossing = new Crossing(parts, connection, returns, stranger, steps);
        Connection left;
        try {
            left = connection.move(crossing);
        } catch (SQLException | IOException | RuntimeException | Error e) {
            crossing.takeBack(connection.physical(), e);
            throw e;
        }
        parts.unsaved().saved();
        parts.connections().left(connection, left, lost, crossing.giveUp(left));
        parts.presence().raiseEpoch();
        parts.presence().watch();
        reviewFences();
        steps.add("moved to the file at " + file.main());
        boolean filled = steps.stream().anyMatch(step -> step.startsWith(OtherSources.FILLED));
        return filled && !crossing.loss().isNone()
                ? Loss.unknown("what the other sources do not have of the "
                        + crossing.loss().explanation())
                : crossing.loss();
    }

    /** Takes down the fences that nobody needs any more. */
    void reviewFences() {
        if (parts.connections().reviewFences()) {
            parts.safe().completeLog();
        }
    }

    /**
     * Saves what a connection holds and puts it where it belongs, and leaves the connection with the lost file: it is about to be closed.
     *
     * @param returns whether the content goes back to the path
     * @param stranger what happens to a database that is at the path
     * @return what is not in the file at the path now
     */
    Loss leaveBehind(HealableConnection connection, boolean returns, Publication.Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        Connection lost = connection.physical();
        parts.unsaved().release(connection);
        Crossing crossing = new Crossing(parts, connection, returns, stranger, steps);
        try {
            crossing.leave(lost, only -> parts.file().identity());
        } catch (SQLException | IOException | RuntimeException | Error e) {
            crossing.takeBack(lost, e);
            throw e;
        }
        parts.unsaved().saved();
        boolean unused = crossing.giveUp(lost);
        parts.presence().raiseEpoch();
        steps.add("left the connection with the lost file, whose content is safe");
        return crossing.loss();
    }
}
