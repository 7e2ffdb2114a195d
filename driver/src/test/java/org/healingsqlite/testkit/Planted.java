package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

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

    /** A path and what is below it. */
    public static List<Path> all(Path path) throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            return walk.toList();
        }
    }

    /** The permissions of one file or directory. */
    public static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }
}
