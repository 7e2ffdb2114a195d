package org.healingsqlite.schema;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * A versioned script: {@code V001__create_runs.sql}.
 *
 * @param version as written: {@code 001}
 * @param description the rest of the name, with blanks for underscores
 */
record Migration(String version, String description, SqlScript script) {
    private static final Pattern NAME = Pattern.compile("[Vv]([0-9]{1,18}(?:[._][0-9]{1,18}){0,9})__(.+)\\.sql");

    /** By number, part for part: 2 before 10, 1.2 before 1.10. */
    static final Comparator<Migration> BY_VERSION = Comparator.comparing(Migration::parts, Migration::compareParts);

    /** Reads the version off a file name; empty where it names none. */
    static Optional<Migration> of(String fileName, SqlScript script) {
        Matcher matcher = NAME.matcher(fileName);
        return matcher.matches()
                ? Optional.of(new Migration(
                        matcher.group(1).replace('_', '.'), matcher.group(2).replace('_', ' '), script))
                : Optional.empty();
    }

    /** The numbers of the version, without zeros at its end. */
    private List<BigInteger> parts() {
        List<BigInteger> parts = new ArrayList<>();
        for (String part : version.split("\\.", -1)) {
            parts.add(new BigInteger(part));
        }
        while (parts.size() > 1 && parts.get(parts.size() - 1).signum() == 0) {
            parts.remove(parts.size() - 1);
        }
        return parts;
    }

    boolean sameVersion(Migration other) {
        return parts().equals(other.parts());
    }

    private static int compareParts(List<BigInteger> a, List<BigInteger> b) {
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            BigInteger x = i < a.size() ? a.get(i) : BigInteger.ZERO;
            BigInteger y = i < b.size() ? b.get(i) : BigInteger.ZERO;
            int order = x.compareTo(y);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /** Tells a changed script from an unchanged one; line ends do not count. */
    String checksum() {
        CRC32 crc = new CRC32();
        crc.update(script.text().replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }
}
