package org.healingsqlite.heal;

import java.util.Properties;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.sqlite.OpeningTerms;
import org.jspecify.annotations.Nullable;

/** Opens the connections of one URL and properties; what these say is read once. Thread-safe. */
@Internal
public abstract class UrlOpener implements Opener {
    private final String url;
    private final Properties properties;
    private volatile @Nullable OpeningTerms terms;

    /**
     * An opener.
     *
     * @param properties not changed by anybody any more
     * @param terms what they say, where that was read; null where it is read when it is first asked for
     */
    protected UrlOpener(String url, Properties properties, @Nullable OpeningTerms terms) {
        this.url = url;
        this.properties = properties;
        this.terms = terms;
    }

    /** The same kind of connections, as far as the file is there: neither do they create it nor set a journal mode. */
    protected abstract Opener ofExisting(OpeningTerms said);

    protected final String url() {
        return url;
    }

    protected final Properties properties() {
        return properties;
    }

    protected final OpeningTerms terms() {
        OpeningTerms known = terms;
        if (known == null) {
            known = OpeningTerms.of(url, properties);
            terms = known;
        }
        return known;
    }

    @Override
    public final Opener toExisting(DatabaseFile file, FileIdentity there) {
        OpeningTerms said = terms();
        return new ExistingFile(file, there, ofExisting(said), said.journalMode());
    }

    @Override
    public final boolean isReadOnly() {
        return terms().isReadOnly();
    }

    @Override
    public final boolean isOfExisting() {
        return terms().isOfExisting();
    }

    @Override
    public final boolean sharesCache() {
        return terms().sharesCache();
    }
}
