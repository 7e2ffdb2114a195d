package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.salvage.ProgressListener;

/** A world in which nobody else is, and which notes what it is told. */
class NotingSurroundings implements Surroundings {
    final List<String> seen = new ArrayList<>();
    private final RowSupply supply = new RowSupply(RowSources.NONE, ProgressListener.NONE);

    @Override
    public boolean copyOfHolder(Path target) {
        return false;
    }

    @Override
    public String schema() {
        return "";
    }

    @Override
    public RowSupply supply() {
        return supply;
    }

    @Override
    public boolean archiveIsCurrent() {
        return false;
    }

    @Override
    public void completeSchema(Connection newContent) {}

    @Override
    public void complete(Connection newContent, boolean lossy) throws SQLException {}

    @Override
    public boolean acceptsLoss() {
        return true;
    }

    @Override
    public void endReaders() {}

    @Override
    public void step(String what) {
        seen.add(what);
    }

    @Override
    public void salvaged(String phase, long done, long total) {}

    @Override
    public void decided(Restored result) throws IOException {
        seen.add("decided");
    }

    @Override
    public Duration lockWait() {
        return Duration.ofSeconds(10);
    }

    @Override
    public void settling(Settling rest) {
        rest.begin();
        rest.await();
        seen.add("settled");
    }

    @Override
    public void unsound(String message) {
        seen.add("unsound");
    }
}
