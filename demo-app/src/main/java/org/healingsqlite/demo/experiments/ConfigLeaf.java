package org.healingsqlite.demo.experiments;

import java.util.Arrays;
import java.util.Random;

/** The configuration of a run: bytes that its seed and size determine, so that whoever reads them back knows whether they are the right ones. */
public final class ConfigLeaf {
    private ConfigLeaf() {}

    static byte[] of(int seed, int sizeBytes) {
        byte[] bytes = new byte[sizeBytes];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Whether bytes are those of a seed. */
    public static boolean isIntact(byte[] bytes, int seed) {
        return bytes.length > 0 && Arrays.equals(bytes, of(seed, bytes.length));
    }
}
