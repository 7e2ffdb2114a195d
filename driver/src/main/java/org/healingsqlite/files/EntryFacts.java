package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one look tells of a name, without following a link and without opening anything.
 *
 * @param owner null where the file system does not tell
 * @param group null where the file system has none
 * @param permissions empty where the file system has none
 * @param links names that the file has; 1 where the file system does not tell
 */
record EntryFacts(
        Kind kind,
        @Nullable UserPrincipal owner,
        @Nullable GroupPrincipal group,
        Set<PosixFilePermission> permissions,
        int links) {

    enum Kind {
        FILE("a file"),
        DIRECTORY("a directory"),
        LINK("a symbolic link"),
        OTHER("neither a file nor a directory");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Looks.
     *
     * @return null where the name does not exist
     * @throws IOException where it cannot be looked at
     */
    static @Nullable EntryFacts of(Path path) throws IOException {
        try {
            return Platform.hasInodes(path)
                    ? ofUnix(Files.readAttributes(
                            path,
                            "unix:nlink,owner,group,permissions,isRegularFile,isDirectory,isSymbolicLink",
                            LinkOption.NOFOLLOW_LINKS))
                    : new EntryFacts(
                            kind(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)),
                            Files.getOwner(path, LinkOption.NOFOLLOW_LINKS),
                            null,
                            Set.of(),
                            1);
        } catch (NoSuchFileException absent) {
            return null;
        }
    }

    @SuppressWarnings("unchecked") // Source: PosixFileAttributeView, the type of "permissions".
    private static EntryFacts ofUnix(Map<String, Object> all) {
        return new EntryFacts(
                Boolean.TRUE.equals(all.get("isSymbolicLink"))
                        ? Kind.LINK
                        : Boolean.TRUE.equals(all.get("isDirectory"))
                                ? Kind.DIRECTORY
                                : Boolean.TRUE.equals(all.get("isRegularFile")) ? Kind.FILE : Kind.OTHER,
                (UserPrincipal) all.get("owner"),
                (GroupPrincipal) all.get("group"),
                (Set<PosixFilePermission>) all.getOrDefault("permissions", Set.of()),
                all.get("nlink") instanceof Integer links ? links : 1);
    }

    private static Kind kind(BasicFileAttributes attributes) {
        return attributes.isSymbolicLink()
                ? Kind.LINK
                : attributes.isDirectory() ? Kind.DIRECTORY : attributes.isRegularFile() ? Kind.FILE : Kind.OTHER;
    }

    boolean othersMayWrite() {
        return permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }

    boolean groupMayWrite() {
        return permissions.contains(PosixFilePermission.GROUP_WRITE);
    }
}
