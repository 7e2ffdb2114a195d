package org.healingsqlite.schema;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * A versioned script: {@code V001__create_runs.sql}.
 *
 * @param version as written: {@code 001}
 * @param description the rest of the name, with blanks for underscores
 */
record Migration(String version, String description, SqlScript script) {
    private static final Pattern NAME = Pattern.compile("([VU])([0-9]{1,18}(?:[._][0-9]{1,18}){0,9})__(.+)\\.sql");
    private static final Pattern LOOKS_VERSIONED = Pattern.compile("(?:[VU][0-9._]*|R)_.*|[VU][0-9].*");
    private static final Pattern VERSION = Pattern.compile("[0-9]+(?:[._][0-9]+)*");

    /** By number, part for part: 2 before 10, 1.2 before 1.10. */
    static final Comparator<Migration> BY_VERSION =
            Comparator.comparing(migration -> parts(migration.version()), Migration::compareParts);

    /** What the name of a script says it is for. */
    enum Direction {
        UP,
        DOWN,
        /** No version: it is run where there is nothing yet. */
        PLAIN
    }

    /** @throws SchemaException where the name looks like that of a versioned script and is none */
    static Direction direction(String fileName, SqlScript script) throws SchemaException {
        Matcher matcher = NAME.matcher(fileName);
        if (matcher.matches()) {
            return matcher.group(1).equals("V") ? Direction.UP : Direction.DOWN;
        }
        if (LOOKS_VERSIONED.matcher(fileName).matches()) {
            throw new SchemaException(
                    "healing.schema: " + script.name()
                            + " is not named like a versioned script: expected V1__description.sql, or U1__description.sql to undo it",
                    null);
        }
        return Direction.PLAIN;
    }

    /** Reads the version off the name of a versioned script. */
    static Migration of(String fileName, SqlScript script) {
        Matcher matcher = NAME.matcher(fileName);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(fileName);
        }
        return new Migration(matcher.group(2), matcher.group(3).replace('_', ' '), script);
    }

    /** One form for all ways to write a version: 1 for 001 and 1.0. What is no version stays as it is. */
    static String normal(String version) {
        return isVersion(version)
                ? parts(version).stream().map(String::valueOf).collect(Collectors.joining("."))
                : version;
    }

    static boolean isVersion(String text) {
        return VERSION.matcher(text).matches();
    }

    /** As {@link #BY_VERSION}, of two texts that are versions. */
    static int compare(String version, String other) {
        return compareParts(parts(version), parts(other));
    }

    String key() {
        return normal(version);
    }

    /** The numbers of the version, without zeros at its end. */
    private static List<BigInteger> parts(String version) {
        List<BigInteger> parts = new ArrayList<>();
        for (String part : version.split("[._]", -1)) {
            parts.add(new BigInteger(part));
        }
        while (parts.size() > 1 && parts.get(parts.size() - 1).signum() == 0) {
            parts.remove(parts.size() - 1);
        }
        return parts;
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
