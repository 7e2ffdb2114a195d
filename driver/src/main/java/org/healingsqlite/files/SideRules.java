package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who may own what in the side directory of one database, and with which permissions. Everybody else's is not believed.
 *
 * @param process the user of this process
 * @param database the owner of the database; where there is none, and none was seen, of the directory that it would be in
 * @param sharedBy the group that may write to the database; null where none may
 * @param groupProves whether only members of that group can have made a directory of that group: not where everybody may make directories, and these get
 *     the group of the one that they are made in
 * @param isDatabaseKnown whether the database is there, or was seen in this JVM
 */
record SideRules(
        UserPrincipal process,
        @Nullable UserPrincipal database,
        @Nullable GroupPrincipal sharedBy,
        boolean groupProves,
        boolean isDatabaseKnown) {
    private static final Set<PosixFilePermission> OWNERS_DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> GROUPS_DIRECTORY = PosixFilePermissions.fromString("rwxrwx---");
    private static final Set<PosixFilePermission> OWNERS_FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> GROUPS_FILE = PosixFilePermissions.fromString("rw-rw----");

    /** As of now. */
    static SideRules of(DatabaseFile file) throws IOException {
        // What is at the path may have been put there by anybody since.
        Optional<FileOwnership> known = LastOwnership.of(file).or(() -> FileOwnership.of(file.main()));
        Optional<FileOwnership> owning = known.or(() -> FileOwnership.of(file.directory()));
        GroupPrincipal sharedBy = known.filter(FileOwnership::isGroupShared)
                .map(FileOwnership::group)
                .orElse(null);
        EntryFacts parent = sharedBy == null ? null : EntryFacts.of(file.directory());
        return new SideRules(
                ProcessUser.get(),
                owning.map(FileOwnership::owner).orElse(null),
                sharedBy,
                parent != null && !(parent.othersMayWrite() && Objects.equals(sharedBy, parent.group())),
                known.isPresent());
    }

    boolean isShared() {
        return sharedBy != null;
    }

    Set<PosixFilePermission> directoryPermissions() {
        return isShared() ? GROUPS_DIRECTORY : OWNERS_DIRECTORY;
    }

    Set<PosixFilePermission> filePermissions() {
        return isShared() ? GROUPS_FILE : OWNERS_FILE;
    }

    /** The same rules where the database is gone, and a directory of this user's says by its permissions that a group shared it: nobody else can have set them. */
    SideRules ifSharedBefore(EntryFacts directory) {
        return !isDatabaseKnown && process.equals(directory.owner()) && directory.groupMayWrite()
                ? new SideRules(process, database, directory.group(), groupProves, isDatabaseKnown)
                : this;
    }

    /** What is wrong with the directory itself, or the one of the quarantine; empty where nothing is. */
    Optional<String> problemOfDirectory(Path path, EntryFacts facts) {
        return facts.kind() == EntryFacts.Kind.DIRECTORY
                ? problemOf(path, facts)
                : Optional.of("expected a directory at " + path + ", found " + facts.kind());
    }

    /** What is wrong with a file; empty where nothing is. */
    Optional<String> problemOfFile(Path path, EntryFacts facts) {
        if (facts.kind() != EntryFacts.Kind.FILE) {
            return Optional.of("expected a file at " + path + ", found " + facts.kind());
        }
        if (facts.links() > 1) {
            return Optional.of(path + " has " + facts.links() + " names, expected one");
        }
        return problemOf(path, facts);
    }

    private Optional<String> problemOf(Path path, EntryFacts facts) {
        if (!isOwned(facts)) {
            return Optional.of(path + " belongs to user " + name(facts.owner()) + ", expected " + process.getName()
                    + (database == null || database.equals(process)
                            ? ""
                            : " or the database's owner " + database.getName()));
        }
        if (facts.othersMayWrite()) {
            return Optional.of(path + " has permissions " + text(facts) + ": everybody may write to it");
        }
        if (facts.groupMayWrite() && !isOfSharingGroup(facts)) {
            return Optional.of(path + " has permissions " + text(facts) + ": group " + name(facts.group())
                    + " may write to it, and not to the database");
        }
        return Optional.empty();
    }

    private boolean isOwned(EntryFacts facts) {
        return process.equals(facts.owner())
                || database != null && database.equals(facts.owner())
                || (groupProves || facts.kind() == EntryFacts.Kind.FILE) && isOfSharingGroup(facts);
    }

    private boolean isOfSharingGroup(EntryFacts facts) {
        return sharedBy != null && sharedBy.equals(facts.group());
    }

    private static String text(EntryFacts facts) {
        return PosixFilePermissions.toString(new TreeSet<>(facts.permissions()));
    }

    private static String name(java.security.@Nullable Principal principal) {
        return principal == null ? "unknown" : principal.getName();
    }
}
