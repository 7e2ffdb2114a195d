package org.healingsqlite.agent.weave;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.healingsqlite.agent.jar.AgentJar;
import org.jspecify.annotations.Nullable;

/** The class files of known releases of sqlite-jdbc, woven when the agent was built: each in the agent's jar under the SHA-256 of the original. Thread-safe. */
public final class WovenFiles {
    private static final String DIRECTORY = "META-INF/woven/";

    private WovenFiles() {}

    /**
     * The name of the entry that has the woven class file.
     *
     * @param original the class file as it was compiled
     */
    public static String entry(byte[] original) throws NoSuchAlgorithmException {
        return DIRECTORY
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(original));
    }

    /** The woven class file; null where this one is not known. */
    static byte @Nullable [] of(byte[] original) throws NoSuchAlgorithmException, IOException {
        return AgentJar.find(entry(original));
    }
}
