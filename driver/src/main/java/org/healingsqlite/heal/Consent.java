package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.diagnosis.ForeignFile;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.SideDirectory;
import org.healingsqlite.format.RollbackJournal;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.sqlite.Encryption;
import org.jspecify.annotations.Nullable;

/**
 * Whether the content of a file is ours to mend, as far as can be told before anybody looks into it through SQLite: it may be written to, and it is, or was, a database.
 * Opens no connection, takes no lock, writes nothing. Thread-safe.
 */
final class Consent {
    private static final Log LOG = Log.of(Consent.class);
    private static final int LOWEST_PAGE = 512;

    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private volatile @Nullable Judged judged;

    /** What a file was found to be: asked again only where it has changed, since telling it costs reading it. */
    private record Judged(FileIdentity file, long bytes, long modifiedMillis, Optional<String> kind) {}

    Consent(DatabaseFile file, SchemaKnowledge schema) {
        this.file = file;
        this.schema = schema;
    }

    /**
     * What speaks against a heal of the content.
     *
     * @param readOnly whether the connection that asks must not write
     */
    Intent ofContent(HealingSettings settings, boolean readOnly) {
        Intent ofSettings = ofSettings(settings, readOnly);
        if (!ofSettings.equals(Intent.NONE)) {
            return ofSettings;
        }
        Optional<String> kind = kind();
        if (kind.filter(ForeignFile::mayBeEncrypted).isPresent() && Encryption.hasCodec()) {
            return Intent.encrypted(file.main());
        }
        if (settings.onForeign() == HealingSettings.OnForeign.REBUILD) {
            return Intent.NONE;
        }
        return kind.isPresent() && !isKnownHere(settings) ? Intent.foreign(file.main(), kind.get()) : Intent.NONE;
    }

    /** What speaks against any heal with some settings. */
    Intent ofSettings(HealingSettings settings, boolean readOnly) {
        if (settings.mode() != Mode.HEAL) {
            return Intent.OBSERVE;
        }
        return readOnly ? Intent.READ_ONLY : file.isWriteProtected() ? Intent.WRITE_PROTECTED : Intent.NONE;
    }

    private Optional<String> kind() {
        FileIdentity identity = file.identity();
        if (identity == null) {
            return Optional.empty();
        }
        try {
            long bytes = file.sizeBytes();
            long modifiedMillis = Files.getLastModifiedTime(file.main()).toMillis();
            Judged known = judged;
            if (known == null
                    || !known.file().equals(identity)
                    || known.bytes() != bytes
                    || known.modifiedMillis() != modifiedMillis) {
                known = new Judged(identity, bytes, modifiedMillis, ForeignFile.kind(file));
                judged = known;
            }
            return known.kind();
        } catch (IOException unreadable) {
            LOG.debug("{}: what it is cannot be told: {}", file.main(), Disclosure.text(unreadable));
            return Optional.empty();
        }
    }

    // ---- Whether a database was here

    /** Whether anything knows of a database at the path: this process, the side directory, a log or journal beside it, or a source of rows. */
    private boolean isKnownHere(HealingSettings settings) {
        return schema.learning().hasSeen()
                || file.side().standing() instanceof SideDirectory.Standing.Ours
                || hasLog()
                || hasJournal()
                || hasRows(settings.sources());
    }

    private boolean hasLog() {
        try (FileChannel log = FileChannel.open(file.wal(), StandardOpenOption.READ)) {
            return WriteAheadLog.pageSize(log).isPresent();
        } catch (IOException absent) {
            return false;
        }
    }

    private boolean hasJournal() {
        try (FileChannel journal = FileChannel.open(file.journal(), StandardOpenOption.READ)) {
            return RollbackJournal.pageSize(journal)
                    .filter(bytes -> bytes >= LOWEST_PAGE)
                    .isPresent();
        } catch (IOException absent) {
            return false;
        }
    }

    private static boolean hasRows(RowSources sources) {
        return sources.restoreCommand().isPresent()
                || sources.archive().filter(Consent::holdsSomething).isPresent()
                || sources.snapshots().filter(Consent::holdsSomething).isPresent();
    }

    private static boolean holdsSomething(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isPresent();
        } catch (IOException absent) {
            return false;
        }
    }
}
