package org.healingsqlite.input;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/**
 * A file that this library did not write itself. It is looked at before it is opened, and it is read no further than the caller has room for. Every
 * refusal names the file and what was expected.
 */
public final class InputFile {
    /**
     * The scripts of one schema together, in bytes: a sixteenth of the heap, because they stand in it as bytes, as text (twice as long where it is not Latin)
     * and as statements; at most 64 MB, of which no schema has a hundredth. What is longer is rows, which belong into an archive.
     */
    public static final int SCRIPT_BYTES =
            (int) Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 16);

    /** Large enough that calls of the system cost nothing beside the parsing. */
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path path;
    private final Set<OpenOption> options;
    private final LinkOption[] links;

    private InputFile(Path path, Set<OpenOption> options, LinkOption... links) {
        this.path = path;
        this.options = options;
        this.links = links;
    }

    /** A file that the user named. Where the name is that of a link, the link is what the user meant, and is followed. */
    public static InputFile named(Path path) {
        return new InputFile(path, Set.of(StandardOpenOption.READ));
    }

    /** A file that was found: in a directory whose content comes from elsewhere. No link is followed. */
    public static InputFile found(Path path) {
        return new InputFile(
                path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Makes sure that it is a file that can be opened without waiting and read to an end.
     *
     * @throws NoSuchFileException where nothing is there
     * @throws FileSystemException where it is a directory, a link that must not be followed, a pipe, a socket or a device
     */
    public InputFile requireRegular() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class, links);
        if (!attributes.isRegularFile()) {
            throw new FileSystemException(path.toString(), null, "is " + kind(attributes) + ": expected a file");
        }
        return this;
    }

    /** What is there, if it is no file, in words: {@code a link}, {@code a directory}, {@code a pipe, a socket or a device}. */
    public static String kind(BasicFileAttributes attributes) {
        if (attributes.isSymbolicLink()) {
            return "a link";
        }
        return attributes.isDirectory() ? "a directory" : "a pipe, a socket or a device";
    }

    /**
     * Its bytes from the beginning, as many as it has now, buffered; the caller closes the stream. What a system makes up while it is read, as in Linux's {@code /proc},
     * has no bytes by its size, and may have no end. Errors as of {@link #requireRegular}.
     */
    public InputStream open() throws IOException {
        requireRegular();
        SeekableByteChannel channel = Files.newByteChannel(path, options);
        try {
            return new BufferedInputStream(
                    new AsLongAs(Channels.newInputStream(channel), channel.size()), BUFFER_BYTES);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The first bytes of a stream. */
    private static final class AsLongAs extends FilterInputStream {
        private long left;

        AsLongAs(InputStream in, long bytes) {
            super(in);
            left = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0 && length > 0) {
                return -1;
            }
            int read = super.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(0, read);
            return read;
        }

        @Override
        public long skip(long bytes) throws IOException {
            long skipped = super.skip(Math.min(bytes, left));
            left -= skipped;
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    /**
     * The whole of it.
     *
     * @param most bytes that it may have
     * @throws FileSystemException where it has more
     */
    public byte[] bytes(int most) throws IOException {
        try (InputStream in = open()) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new FileSystemException(
                        path.toString(), null, "is longer than the " + most + " bytes that it may have");
            }
            return bytes;
        }
    }

    /**
     * The whole of it, as text.
     *
     * @param most bytes that it may have
     * @throws FileSystemException where it has more, or is not UTF-8
     */
    public String text(int most) throws IOException {
        byte[] bytes = bytes(most);
        String text = new String(bytes, StandardCharsets.UTF_8);
        // What cannot be decoded is replaced by this character: then somebody has to look closer.
        if (text.indexOf('\uFFFD') >= 0) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            } catch (CharacterCodingException e) {
                throw new FileSystemException(path.toString(), null, "is not UTF-8 text");
            }
        }
        return text;
    }

    /** As {@link #text}, for a parser. */
    public Reader reader(int most) throws IOException {
        return new StringReader(text(most));
    }
}
