package org.healingsqlite.archive;

/**
 * A text value that is not valid in the database's encoding: its bytes as SQLite keeps them. Compares by identity.
 */
final class RawText {
    private final byte[] bytes;

    RawText(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    byte[] bytes() {
        return bytes.clone();
    }
}
