package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Which file it is, apart from its name: device and inode where the system has them, else the moment of creation.
 *
 * <p>Equal identities mean the same file only while somebody holds the file open: systems give the inode of a deleted file to the next one.
 */
public final class FileIdentity {
    private final Object key;

    private FileIdentity(Object key) {
        this.key = key;
    }

    /** Who is at the path; null where nobody is. */
    public static @Nullable FileIdentity of(Path path) {
        try {
            return of(Files.readAttributes(path, BasicFileAttributes.class));
        } catch (IOException absent) {
            return null;
        }
    }

    /** Whose attributes were read. */
    public static FileIdentity of(BasicFileAttributes attributes) {
        Object key = attributes.fileKey();
        return new FileIdentity(key == null ? attributes.creationTime() : key);
    }

    /** Of a file key that the system has given. */
    static FileIdentity ofKey(Object key) {
        return new FileIdentity(key);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FileIdentity that && key.equals(that.key);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
