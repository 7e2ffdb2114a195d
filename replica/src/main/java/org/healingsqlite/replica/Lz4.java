package org.healingsqlite.replica;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.xxhash.XXHashFactory;

/** LZ4 frames, written and read by Java alone: nothing native is unpacked into anybody's temporary directory. */
final class Lz4 {
    private static final LZ4Factory LZ4 = LZ4Factory.safeInstance();
    private static final XXHashFactory HASHES = XXHashFactory.safeInstance();

    private Lz4() {}

    /** Compresses; the frame ends, with its checksum, when the stream is closed. The one behind stays open: it is the store's. */
    static OutputStream to(OutputStream out) throws IOException {
        OutputStream open = new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                out.write(bytes, from, length);
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
        return new LZ4FrameOutputStream(
                open,
                LZ4FrameOutputStream.BLOCKSIZE.SIZE_256KB,
                -1L,
                LZ4.fastCompressor(),
                HASHES.hash32(),
                LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE,
                LZ4FrameOutputStream.FLG.Bits.CONTENT_CHECKSUM);
    }

    /** Reads what was compressed. A frame that is cut off or damaged is an IOException. */
    static InputStream from(InputStream in) throws IOException {
        return new LZ4FrameInputStream(in, LZ4.safeDecompressor(), HASHES.hash32());
    }
}
