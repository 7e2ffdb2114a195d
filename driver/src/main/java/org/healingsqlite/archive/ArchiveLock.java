package org.healingsqlite.archive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Held by whoever writes to an archive: a second writer would take the first one's log away under its hands. Ends with the process. */
final class ArchiveLock implements Closeable {
    static final String NAME = ".lock";

    private final FileChannel channel;

    private ArchiveLock(FileChannel channel) {
        this.channel = channel;
    }

    static ArchiveLock take(Path archive) throws IOException {
        Files.createDirectories(archive);
        FileChannel channel =
                FileChannel.open(archive.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            throw new ArchiveException("The archive " + archive + " is being written in this process already", e);
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw new ArchiveException("The archive " + archive + " is being written by another process");
        }
        return new ArchiveLock(channel);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
