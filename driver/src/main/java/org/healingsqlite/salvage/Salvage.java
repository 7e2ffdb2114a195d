package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.log.Disclosure;

/**
 * Gets rows out of a damaged database into a new one. Reads the damaged file and the {@code -wal} and {@code -journal} beside it byte by byte,
 * never through SQLite, and writes to none of them. Rows that no table can claim for certain go to a second database, or are only counted if
 * none is named.
 *
 * <pre>{@code
 * SalvageReport report = Salvage.of(Path.of("damaged.db")).into(Path.of("salvaged.db"));
 * }</pre>
 *
 * <p>Not safe for use by several threads at once.
 */
public final class Salvage {

    private final Path damaged;
    private Optional<String> schema = Optional.empty();
    private Optional<Path> lostAndFound = Optional.empty();
    private ProgressListener progress = ProgressListener.NONE;
    private boolean alone;

    private Salvage(Path damaged) {
        this.damaged = damaged;
    }

    public static Salvage of(Path damaged) {
        return new Salvage(damaged);
    }

    /** Adds a schema that is known from elsewhere: statements that create tables, indexes, views and triggers. What is found in the file goes first. */
    public Salvage schema(String sqlScript) {
        schema = Optional.of(sqlScript);
        return this;
    }

    /** Names the database for rows that no table can claim. It must not exist, and is created only if there are such rows. */
    public Salvage lostAndFound(Path database) {
        lostAndFound = Optional.of(database);
        return this;
    }

    /** Leaves out a -wal or -journal that lies beside the file: it is that of another one. */
    public Salvage mainFileOnly() {
        alone = true;
        return this;
    }

    public Salvage progress(ProgressListener listener) {
        progress = listener;
        return this;
    }

    /**
     * Page size and reserved bytes, told by the header where pages agree with it, else by the pages, the log or the journal.
     *
     * @throws SalvageException if the files cannot be read
     */
    @Internal
    public Geometry geometry() throws SalvageException {
        try (DamagedFiles files = DamagedFiles.open(damaged, alone)) {
            return new GeometrySearch(files).search().geometry();
        } catch (SalvageException e) {
            throw e;
        } catch (IOException e) {
            throw new SalvageException("Cannot read " + damaged + ": " + Disclosure.message(e), e);
        }
    }

    /**
     * Writes the new database beside its final name, makes it durable, and then gives it the name: it appears whole or not at all.
     *
     * @param output must not exist
     * @throws SalvageException if a path is wrong, or reading or writing fails; nothing is left behind then
     */
    public SalvageReport into(Path output) throws SalvageException {
        return run(output, false);
    }

    /**
     * Writes the new database over a file, without making it durable: for one who copies it at once, and needs it no longer then.
     *
     * @param output exists; whatever is in it is lost. No connection has a lock on it. In a rollback-journal mode afterwards
     * @throws SalvageException if a path is wrong, or reading or writing fails; what is in the file is of no use then, nor where nothing was found
     */
    public SalvageReport over(Path output) throws SalvageException {
        return run(output, true);
    }

    private SalvageReport run(Path output, boolean over) throws SalvageException {
        try {
            SalvageRun run = new SalvageRun(damaged, alone, schema, lostAndFound, progress);
            return over ? run.over(output) : run.into(output);
        } catch (SalvageException e) {
            throw e;
        } catch (IOException e) {
            throw new SalvageException("Cannot salvage " + damaged + ": " + Disclosure.message(e), e);
        }
    }
}
