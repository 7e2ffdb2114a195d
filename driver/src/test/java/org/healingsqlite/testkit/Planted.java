package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** What somebody else has put where a side directory belongs. */
public final class Planted {
    /** Somebody who is not this process. */
    public static final int STRANGER = 65534;

    private Planted() {}

    /** Whether this process may give files away, so that another user's can be had. */
    public static boolean isAdministrator() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** Gives a file, or all that is in a directory, to another user. */
    public static void give(Path path, int uid) throws IOException {
        for (Path each : all(path)) {
            Files.setAttribute(each, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Sets the permissions of one file or directory. */
    public static void chmod(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    /** All files and directories at and under a path. What goes while this looks, as files beside a running heal do, is left out. */
    public static List<Path> all(Path path) throws IOException {
        List<Path> all = new ArrayList<>();
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
                all.add(each);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
                all.add(each);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path each, IOException e) throws IOException {
                if (e instanceof NoSuchFileException && !each.equals(path)) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        return all;
    }

    /** Checks all files and directories at and under a path. One that is gone when it is its turn is left out. */
    public static void each(Path path, Check check) throws IOException {
        for (Path each : all(path)) {
            try {
                check.of(each);
            } catch (NoSuchFileException e) {
                if (Files.exists(each, LinkOption.NOFOLLOW_LINKS)) {
                    throw e;
                }
            }
        }
    }

    /** What has to hold of one file or directory. */
    public interface Check {
        /** Throws an AssertionError where it does not hold. */
        void of(Path file) throws IOException;
    }

    /** The permissions of one file or directory. */
    public static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }
}
