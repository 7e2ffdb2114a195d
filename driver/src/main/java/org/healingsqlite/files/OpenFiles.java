package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which other processes have a file open that has lost its name, as far as this one may see: on Linux, processes of the same user. Elsewhere, and
 * of other users, nobody is known. Costs some milliseconds; for use where a file has vanished.
 */
public final class OpenFiles {
    private static final String SELF = "self";
    /** Source: proc_pid_fd(5). */
    private static final String DELETED = " (deleted)";

    private OpenFiles() {}

    /** The processes that have this very file open, whatever its name is now. */
    public static List<Long> holders(FileIdentity file) {
        return processes(descriptor -> file.equals(FileIdentity.of(descriptor)));
    }

    /** The processes that have a file open that was at a path and was deleted there. */
    public static List<Long> holdersOfDeleted(Path path) {
        String deleted = path + DELETED;
        return processes(descriptor -> target(descriptor).equals(deleted));
    }

    /**
     * Whether what lies beside a main file belongs to another one, that has lost its name: some process has it open, and not the main file. Where one has
     * both open, it belongs to that.
     */
    public static boolean areUsedWithout(FileIdentity main, Set<FileIdentity> beside) {
        Set<Long> users = new HashSet<>(processes(descriptor -> isAmong(beside, descriptor)));
        int all = users.size();
        if (all == 0) {
            return false;
        }
        users.removeAll(holders(main));
        return users.size() == all;
    }

    /** Whether this process has one of some files open; false where that cannot be told. */
    public static boolean areOpenHere(Set<FileIdentity> files) {
        return hasOpen(SELF, descriptor -> isAmong(files, descriptor));
    }

    /** Whether this process has none of some files open; false where that cannot be told. */
    public static boolean areClosedHere(Set<FileIdentity> files) {
        return hasOpen(SELF, descriptor -> true) && !hasOpen(SELF, descriptor -> isAmong(files, descriptor));
    }

    private static boolean isAmong(Set<FileIdentity> files, Path descriptor) {
        FileIdentity open = FileIdentity.of(descriptor);
        return open != null && files.contains(open);
    }

    /** Whether this process has a file open that no name leads to any more; false where that cannot be told. */
    public static boolean isNameless(FileIdentity file) {
        return descriptorOfNameless(file).isPresent();
    }

    /** A descriptor of this process that leads to a file that no name leads to any more; empty where there is none, or that cannot be told. */
    static Optional<Path> descriptorOfNameless(FileIdentity file) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors(SELF))) {
            for (Path descriptor : open) {
                if (file.equals(FileIdentity.of(descriptor))) {
                    return isNameless(descriptor) ? Optional.of(descriptor) : Optional.empty();
                }
            }
        } catch (IOException | RuntimeException noSuchView) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** How many descriptors of this process lead to each file that no name leads to any more, found in one pass; empty where that cannot be told. */
    static Map<FileIdentity, Integer> nameless() {
        Map<FileIdentity, Integer> descriptors = new HashMap<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors(SELF))) {
            for (Path descriptor : open) {
                FileIdentity file = FileIdentity.of(descriptor);
                if (file != null && isNameless(descriptor)) {
                    descriptors.merge(file, 1, Integer::sum);
                }
            }
        } catch (IOException | RuntimeException noSuchView) {
            return Map.of();
        }
        return descriptors;
    }

    private static boolean isNameless(Path descriptor) throws IOException {
        return Files.getAttribute(descriptor, "unix:nlink").equals(0);
    }

    /** Whom a file belongs to that this process has open, whether or not it has a name; empty where that cannot be told. */
    public static Optional<FileOwnership> ownership(FileIdentity file) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors(SELF))) {
            for (Path descriptor : open) {
                if (file.equals(FileIdentity.of(descriptor))) {
                    return FileOwnership.of(descriptor);
                }
            }
        } catch (IOException | RuntimeException noSuchView) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** Whom a file belonged to that this process has open, and that was deleted at a path; empty where there is none, or that cannot be told. */
    public static Optional<FileOwnership> ownershipOfDeleted(Path path) {
        String deleted = path + DELETED;
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors(SELF))) {
            for (Path descriptor : open) {
                if (target(descriptor).equals(deleted)) {
                    return FileOwnership.of(descriptor);
                }
            }
        } catch (IOException | RuntimeException noSuchView) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    private interface Descriptors {
        boolean match(Path descriptor);
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedInTheMeantime) {
            return "";
        }
    }

    private static List<Long> processes(Descriptors wanted) {
        List<Long> found = new ArrayList<>();
        long own = ProcessHandle.current().pid();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(processes(), "[0-9]*")) {
            for (Path process : processes) {
                String name = String.valueOf(process.getFileName());
                long pid = Long.parseLong(name);
                if (pid != own && hasOpen(name, wanted)) {
                    found.add(pid);
                }
            }
        } catch (IOException | RuntimeException noSuchView) {
            return found;
        }
        return found;
    }

    private static Path processes() throws IOException {
        return Platform.current()
                .processes()
                .orElseThrow(() -> new IOException("the system does not show what processes have open"));
    }

    private static Path descriptors(String process) throws IOException {
        return processes().resolve(process).resolve("fd");
    }

    private static boolean hasOpen(String process, Descriptors wanted) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors(process))) {
            for (Path descriptor : open) {
                if (wanted.match(descriptor)) {
                    return true;
                }
            }
        } catch (IOException | RuntimeException notOurs) {
            return false;
        }
        return false;
    }
}
