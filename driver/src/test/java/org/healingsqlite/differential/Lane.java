package org.healingsqlite.differential;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** One of the two sides: a connection and everything that calls have given so far, in the order in which it was given. */
final class Lane {
    /** Opens the connection of a side. */
    @FunctionalInterface
    interface Opener {
        Connection open(Path database) throws SQLException;
    }

    final Path directory;
    private final Opener opener;
    private int session;
    final List<Given> objects = new ArrayList<>();

    /**
     * What a call gave.
     *
     * @param kind the interface it was given as: sqlite-jdbc's result set is its own metadata, too
     */
    record Given(Class<?> kind, Object object) {}

    Lane(Path directory, Opener opener) {
        this.directory = directory;
        this.opener = opener;
    }

    /** The file of this session; every session has its own. */
    Path database() {
        return directory.resolve("app" + session + ".db");
    }

    void open() throws SQLException {
        objects.add(new Given(Connection.class, opener.open(database())));
    }

    void beginSession() throws SQLException {
        if (!objects.isEmpty()) {
            connection().close();
        }
        objects.clear();
        session++;
    }

    Connection connection() {
        return (Connection) objects.get(0).object();
    }

    String withoutPaths(String text) {
        return text.replace(directory.toString(), "<directory>");
    }
}
