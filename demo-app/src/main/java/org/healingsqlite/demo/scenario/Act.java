package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** One breakage of an application, from a healthy start to the inspection at the end. */
interface Act {
    String title();

    Blueprint blueprint();

    /** Plays the act on a stage where the application is installed in both lanes. */
    void play(Stage stage) throws IOException, InterruptedException;

    /**
     * Looks, once the applications have stopped, whether what the act wrote after the fault is there.
     *
     * @param database a plain connection that only reads
     * @return what is wrong; empty where nothing is
     */
    List<String> inspect(Connection database) throws SQLException;
}
