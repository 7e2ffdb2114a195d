package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What can happen to the files of a live database, done to their bytes behind SQLite's back. Channels stay open: closing one would drop the
 * locks of this JVM's connections, which is a fault of another kind.
 */
public enum Damage {
    /** The header is overwritten. */
    HEADER {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 0, fill(100, 0x41));
        }
    },
    /** Only the magic string is. */
    MAGIC {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 0, fill(16, 0));
        }
    },
    PAGE_1 {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 0, fill(PAGE, 0xff));
        }
    },
    /** Page 1 behind the header. */
    SCHEMA_TREE {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 100, fill(PAGE - 100, 0xff));
        }
    },
    /** Some pages in the middle. */
    LEAVES {
        @Override
        void strike(Path database, Random random) throws IOException {
            int pages = (int) (Files.size(database) / PAGE);
            for (int i = 0; i < 3; i++) {
                overwrite(database, (long) (pages / 3 + random.nextInt(pages / 2)) * PAGE, noise(PAGE, random));
            }
        }
    },
    /** The pages after the first: roots. */
    ROOTS {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, PAGE, fill(3 * PAGE, 0));
        }
    },
    ZEROED {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 0, new byte[(int) Files.size(database)]);
        }
    },
    NOISE {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 0, noise((int) Files.size(database), random));
        }
    },
    HALF {
        @Override
        void strike(Path database, Random random) throws IOException {
            truncate(database, Files.size(database) / 2 / PAGE * PAGE);
        }
    },
    /** Cut in the middle of a page. */
    ODD {
        @Override
        void strike(Path database, Random random) throws IOException {
            truncate(database, Files.size(database) - 1000);
        }
    },
    EMPTIED {
        @Override
        void strike(Path database, Random random) throws IOException {
            truncate(database, 0);
        }
    },
    SCHEMA_FORMAT {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database, 44, new byte[] {0, 0, 0, 47});
        }
    },
    /** The last pages: of the index, where it was made last. */
    LAST_PAGES {
        @Override
        void strike(Path database, Random random) throws IOException {
            int pages = (int) (Files.size(database) / PAGE);
            overwrite(database, (long) (pages - 3) * PAGE, noise(3 * PAGE, random));
        }
    },
    LOG_HEADER(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(log(database), 0, noise(32, random));
        }
    },
    /** Some frames in the middle of the log. */
    LOG_FRAMES(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            int frame = 24 + PAGE;
            int frames = (int) (Files.size(log(database)) / frame);
            for (int i = 0; i < 3; i++) {
                overwrite(log(database), 32 + (long) random.nextInt(frames) * frame, noise(frame, random));
            }
        }
    },
    LOG_NOISE(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(log(database), 0, noise((int) Files.size(log(database)), random));
        }
    },
    LOG_CUT(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            truncate(log(database), Files.size(log(database)) / 2);
        }
    },
    LOG_EMPTIED(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            truncate(log(database), 0);
        }
    },
    LOG_DELETED(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            Files.delete(log(database));
        }
    },
    LOG_INDEX_NOISE(true) {
        @Override
        void strike(Path database, Random random) throws IOException {
            overwrite(database.resolveSibling(database.getFileName() + "-shm"), 0, noise(200, random));
        }
    };

    /** The size of the pages it expects. */
    public static final int PAGE = 4096;

    private static final List<FileChannel> OPEN = new ArrayList<>();

    private final boolean ofLog;

    Damage() {
        this(false);
    }

    Damage(boolean ofLog) {
        this.ofLog = ofLog;
    }

    /** Whether it can happen to a database in this journal mode. */
    public boolean canHappenIn(String journalMode) {
        return !ofLog || journalMode.equals("WAL");
    }

    /** Whether it strikes the log or its index, not the database. */
    public boolean isOfLog() {
        return ofLog;
    }

    private static Path log(Path database) {
        return database.resolveSibling(database.getFileName() + "-wal");
    }

    abstract void strike(Path database, Random random) throws IOException;

    /** Strikes, and makes sure that it did. */
    public void on(Path database, Random random) throws IOException {
        if (ofLog) {
            strike(database, random);
            return;
        }
        byte[] before = read(database);
        strike(database, random);
        if (Arrays.equals(before, read(database))) {
            throw new AssertionError(this + " changed nothing");
        }
    }

    private static byte[] read(Path file) throws IOException {
        FileChannel channel = channel(file);
        ByteBuffer buffer = ByteBuffer.allocate((int) channel.size());
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) > 0) {
            // until it is full
        }
        return buffer.array();
    }

    /** Overwrites a part of a file. */
    public static void overwrite(Path file, long position, byte[] bytes) throws IOException {
        channel(file).write(ByteBuffer.wrap(bytes), position);
    }

    /** Cuts a file off. */
    public static void truncate(Path file, long size) throws IOException {
        channel(file).truncate(size);
    }

    private static FileChannel channel(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        synchronized (OPEN) {
            OPEN.add(channel);
        }
        return channel;
    }

    private static byte[] fill(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** Seeded noise. */
    public static byte[] noise(int length, Random random) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
