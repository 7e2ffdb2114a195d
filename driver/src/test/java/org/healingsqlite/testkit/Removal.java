package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Deletes what is in use, as {@code rm -rf} does: again, where somebody has put something back meanwhile. */
public final class Removal {
    private static final int MOST_ATTEMPTS = 100;

    private Removal() {}

    /** Deletes a directory and everything in it. */
    public static void tree(Path directory) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                once(directory);
                return;
            } catch (DirectoryNotEmptyException filledAgain) {
                if (attempt == MOST_ATTEMPTS) {
                    throw filledAgain;
                }
            }
        }
    }

    private static void once(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(path);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path path, IOException e) throws IOException {
                Files.deleteIfExists(path);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
