package org.healingsqlite.files;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What systems do differently, as far as this library has to know: nothing else asks for the system's name, for its directories, or for what a file
 * system can tell. docs/platforms.md says which systems were tested. Implementations are immutable.
 */
public sealed interface Platform {

    /** The system of this JVM. */
    static Platform current() {
        return Current.PLATFORM;
    }

    /**
     * The system of a name.
     *
     * @param name as the system property {@code os.name} has it
     */
    static Platform of(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.startsWith("windows")) {
            return new Windows();
        }
        return lower.startsWith("linux") ? new Linux() : new Unix();
    }

    /**
     * How a line of an operator's is run by the system's shell.
     *
     * @return the program and its arguments
     */
    List<String> shell(String line);

    /** Whether names in a directory are made durable by opening and forcing it. Where they are not, the system keeps them itself. */
    boolean forcesDirectories();

    /**
     * The directory that shows each process, {@code self} among them, and what it has open ({@code PID/fd}, {@code PID/status}).
     *
     * @return empty where the system has none, so that nobody is known to have a file open
     */
    Optional<Path> processes();

    /** Whether files at a path have permissions and a group, which are asked for and given by {@code PosixFileAttributeView}. */
    static boolean hasPermissions(Path path) {
        return has(path, "posix");
    }

    /** Whether files at a path have what an inode has: device and number, links, and the moment of the last change. */
    static boolean hasInodes(Path path) {
        return has(path, "unix");
    }

    private static boolean has(Path path, String view) {
        return path.getFileSystem().supportedFileAttributeViews().contains(view);
    }

    /** Linux, with glibc or musl. */
    record Linux() implements Platform {
        @Override
        public List<String> shell(String line) {
            return List.of("sh", "-c", line);
        }

        @Override
        public boolean forcesDirectories() {
            return true;
        }

        /** Source: proc(5). */
        @Override
        public Optional<Path> processes() {
            return Optional.of(Path.of("/proc"));
        }
    }

    /** macOS, the BSDs and others: as Linux, without the view of processes. */
    record Unix() implements Platform {
        @Override
        public List<String> shell(String line) {
            return List.of("sh", "-c", line);
        }

        @Override
        public boolean forcesDirectories() {
            return true;
        }

        @Override
        public Optional<Path> processes() {
            return Optional.empty();
        }
    }

    /** Windows: a directory cannot be opened, and a path without a drive is one of the current drive, which is nobody's in particular. */
    record Windows() implements Platform {
        @Override
        public List<String> shell(String line) {
            return List.of("cmd", "/c", line);
        }

        @Override
        public boolean forcesDirectories() {
            return false;
        }

        @Override
        public Optional<Path> processes() {
            return Optional.empty();
        }
    }

    /** Looked up once. */
    final class Current {
        private static final Platform PLATFORM = of(System.getProperty("os.name", ""));

        private Current() {}
    }
}
