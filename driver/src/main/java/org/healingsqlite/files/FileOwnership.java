package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.AclEntry;
import java.nio.file.attribute.AclFileAttributeView;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who a file belongs to and who may do what with it. Reading and giving it never opens the file, so SQLite's locks stay. Immutable.
 *
 * <p>A POSIX access control list is not part of it: Java reads and writes one only through a descriptor, and closing that drops SQLite's locks.
 *
 * @param group null where the file system has none
 * @param permissions empty where the file system has none
 * @param acl an NTFS access control list; empty where the file system has none
 */
public record FileOwnership(
        UserPrincipal owner, @Nullable GroupPrincipal group, Set<PosixFilePermission> permissions, List<AclEntry> acl) {
    public FileOwnership {
        permissions = Set.copyOf(permissions);
        acl = List.copyOf(acl);
    }

    /** Of the file at a path; empty where there is none, or the file system knows no owners. */
    public static Optional<FileOwnership> of(Path path) {
        try {
            PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class);
            if (posix != null) {
                return Optional.of(of(posix.readAttributes()));
            }
            AclFileAttributeView acl = Files.getFileAttributeView(path, AclFileAttributeView.class);
            return acl == null
                    ? Optional.empty()
                    : Optional.of(new FileOwnership(acl.getOwner(), null, Set.of(), acl.getAcl()));
        } catch (IOException unknown) {
            return Optional.empty();
        }
    }

    /** Out of attributes that were read. */
    public static FileOwnership of(PosixFileAttributes attributes) {
        return new FileOwnership(attributes.owner(), attributes.group(), attributes.permissions(), List.of());
    }

    /** Whether the file's group may write to it: then everything beside it is the group's as well. */
    public boolean isGroupShared() {
        return permissions.contains(PosixFilePermission.GROUP_WRITE);
    }

    /** Creates an empty file with this ownership, as far as this process may give it. */
    public void create(Path path) throws IOException {
        if (permissions.isEmpty()) {
            Files.createFile(path);
        } else {
            Set<PosixFilePermission> owners =
                    EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            Files.createFile(path, PosixFilePermissions.asFileAttribute(owners));
        }
        giveTo(path);
    }

    /** As {@link #create}, unless a file is there. */
    public void createIfAbsent(Path path) throws IOException {
        if (Files.notExists(path)) {
            try {
                create(path);
            } catch (FileAlreadyExistsException meanwhile) {
                // What was created there has its own.
            }
        }
    }

    /**
     * Gives a file this ownership: first the group, then the permissions, then the owner. Where the group cannot be given, its
     * members get no more than everybody, because another group stands in its place.
     *
     * @param path of a file that no one else may exchange, or that was looked at before
     * @return what could not be given, for a reader; empty where all was
     */
    public List<String> giveTo(Path path) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (posix != null) {
            return giveTo(posix, path);
        }
        List<String> problems = new ArrayList<>();
        AclFileAttributeView list = Files.getFileAttributeView(path, AclFileAttributeView.class);
        if (list != null && !acl.isEmpty()) {
            giveOwner(() -> list.getOwner(), () -> list.setOwner(owner), path, problems);
            if (!acl.equals(list.getAcl())) {
                list.setAcl(acl);
            }
        }
        return problems;
    }

    /** As {@link #giveTo(Path)}, through a view of the file. */
    List<String> giveTo(PosixFileAttributeView view, Path path) throws IOException {
        List<String> problems = new ArrayList<>();
        GroupPrincipal wanted = group;
        if (wanted == null) {
            return problems;
        }
        Set<PosixFilePermission> allowed = permissions;
        if (!wanted.equals(view.readAttributes().group())) {
            try {
                view.setGroup(wanted);
            } catch (IOException refused) {
                allowed = withoutGroup();
                problems.add("this process may not give " + path + " to group " + wanted.getName());
            }
        }
        if (!allowed.equals(view.readAttributes().permissions())) {
            try {
                view.setPermissions(allowed);
            } catch (IOException refused) {
                problems.add("this process may not change the permissions of " + path);
            }
        }
        // Last: what this process gives away, it may not change any more, unless it is the administrator's.
        giveOwner(() -> view.readAttributes().owner(), () -> view.setOwner(owner), path, problems);
        return problems;
    }

    @FunctionalInterface
    private interface Owner {
        UserPrincipal get() throws IOException;
    }

    @FunctionalInterface
    private interface Change {
        void make() throws IOException;
    }

    private void giveOwner(Owner now, Change change, Path path, List<String> problems) throws IOException {
        if (!owner.equals(now.get())) {
            try {
                change.make();
            } catch (IOException refused) {
                problems.add("this process may not give " + path + " to user " + owner.getName());
            }
        }
    }

    private Set<PosixFilePermission> withoutGroup() {
        Set<PosixFilePermission> rest = EnumSet.noneOf(PosixFilePermission.class);
        rest.addAll(permissions);
        keep(rest, PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);
        keep(rest, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
        keep(rest, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);
        return rest;
    }

    private static void keep(Set<PosixFilePermission> all, PosixFilePermission ofGroup, PosixFilePermission ofOthers) {
        if (!all.contains(ofOthers)) {
            all.remove(ofGroup);
        }
    }
}
