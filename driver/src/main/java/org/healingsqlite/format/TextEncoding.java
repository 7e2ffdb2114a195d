package org.healingsqlite.format;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How text is stored, for the whole file.
 *
 * <p>Source: SQLite file format §1.3.13.
 */
public enum TextEncoding {
    UTF_8(1, "UTF-8", StandardCharsets.UTF_8),
    UTF_16LE(2, "UTF-16le", StandardCharsets.UTF_16LE),
    UTF_16BE(3, "UTF-16be", StandardCharsets.UTF_16BE);

    private final int code;
    private final String pragma;
    private final Charset charset;

    TextEncoding(int code, String pragma, Charset charset) {
        this.code = code;
        this.pragma = pragma;
        this.charset = charset;
    }

    public static Optional<TextEncoding> of(long code) {
        for (TextEncoding encoding : values()) {
            if (encoding.code == code) {
                return Optional.of(encoding);
            }
        }
        return Optional.empty();
    }

    /** The number that stands for it in the header. */
    public int code() {
        return code;
    }

    /** The name that {@code PRAGMA encoding} takes. */
    public String pragma() {
        return pragma;
    }

    public Charset charset() {
        return charset;
    }
}
