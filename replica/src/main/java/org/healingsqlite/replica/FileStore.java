package org.healingsqlite.replica;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A store in a directory, of this machine or shared. An object is written beside, made durable, and given its name: by a second name for the file where none may have the
 * key yet, because that fails where one has, in every process and on every machine that shares the directory. Thread-safe.
 */
public final class FileStore implements ReplicaStore {
    /** What is being written; no key has it, and nothing lists it. */
    private static final String UNFINISHED = ".part-";

    private final Path root;

    /** @param root need not be there yet */
    public FileStore(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    private Path path(String key) throws IOException {
        Path path = root.resolve(key).normalize();
        if (!path.startsWith(root) || path.equals(root)) {
            throw new IOException("Not a key of " + root + ": " + key);
        }
        return path;
    }

    @Override
    public List<Entry> list(String prefix) throws IOException {
        int end = prefix.lastIndexOf('/');
        Path directory = end < 0 ? root : path(prefix.substring(0, end));
        List<Entry> entries = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> walk = Files.walk(directory)) {
                for (Path path : (Iterable<Path>) walk::iterator) {
                    add(path, prefix, entries);
                }
            } catch (java.io.UncheckedIOException e) {
                throw e.getCause();
            }
        }
        entries.sort(Comparator.comparing(Entry::key));
        return entries;
    }

    private void add(Path path, String prefix, List<Entry> entries) throws IOException {
        String key =
                root.relativize(path).toString().replace(path.getFileSystem().getSeparator(), "/");
        if (!key.startsWith(prefix) || key.contains(UNFINISHED)) {
            return;
        }
        try {
            BasicFileAttributes found =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (found.isRegularFile()) {
                entries.add(
                        new Entry(key, found.size(), found.lastModifiedTime().toInstant()));
            }
        } catch (NoSuchFileException deletedMeanwhile) {
            return;
        }
    }

    @Override
    public InputStream get(String key) throws IOException {
        return Files.newInputStream(path(key));
    }

    @Override
    public void put(String key, Content content) throws IOException {
        Path target = path(key);
        Path written = write(target, content);
        try {
            Files.move(written, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(written);
        }
        forceDirectories(target);
    }

    @Override
    public boolean putIfAbsent(String key, Content content) throws IOException {
        Path target = path(key);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Path written = write(target, content);
        try {
            Files.createLink(target, written);
        } catch (FileAlreadyExistsException another) {
            return false;
        } catch (UnsupportedOperationException e) {
            throw new IOException(root + " has no hard links, and so nothing that one of several writers can win", e);
        } finally {
            Files.deleteIfExists(written);
        }
        forceDirectories(target);
        return true;
    }

    private static Path write(Path target, Content content) throws IOException {
        Path parent = target.getParent();
        Files.createDirectories(parent);
        Path written = target.resolveSibling(
                target.getFileName() + UNFINISHED + UUID.randomUUID().toString().substring(0, 8));
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
            content.writeTo(out);
            out.flush();
            channel.force(true);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(written);
            throw e;
        }
        return written;
    }

    /** The name, and those of directories that may be new. */
    private void forceDirectories(Path target) throws IOException {
        if (System.getProperty("os.name", "").startsWith("Windows")) {
            return;
        }
        Path directory = target.getParent();
        for (int levels = 0; levels < 2 && directory != null && directory.startsWith(root); levels++) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
            directory = directory.getParent();
        }
    }

    @Override
    public void delete(String key) throws IOException {
        Path path = path(key);
        Files.deleteIfExists(path);
        // A generation that is gone leaves no directories behind.
        Path directory = path.getParent();
        while (directory != null && directory.startsWith(root) && !directory.equals(root)) {
            try {
                Files.deleteIfExists(directory);
            } catch (IOException notEmpty) {
                return;
            }
            directory = directory.getParent();
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
