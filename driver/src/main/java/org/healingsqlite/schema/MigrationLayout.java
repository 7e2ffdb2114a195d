package org.healingsqlite.schema;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How migration tools lay out their scripts, brought to the form of {@code V1__name.sql} and {@code U1__name.sql}: {@code 001_name.sql} (dbmate, goose, sqlx),
 * {@code 1_name.up.sql} and {@code 1_name.down.sql} (golang-migrate), {@code 001_name/up.sql} (Diesel), and the part of a file that leads up where it has both. Stateless.
 */
final class MigrationLayout {
    private static final String FLYWAY = "flyway:";
    private static final String FILE_SYSTEM = "filesystem:";
    private static final String CLASS_PATH = "classpath:";

    private static final Pattern PAIR = Pattern.compile("(\\d{1,18})_(.+)\\.(up|down)\\.sql");

    /** Two digits number scripts that run one after the other where nothing is there yet. */
    private static final Pattern NUMBERED = Pattern.compile("(\\d{3,18})_(.+)\\.sql");

    private static final Pattern DIRECTORY = Pattern.compile("(\\d[\\d.-]{0,40})_(.+)");

    private static final Pattern DOWN = Pattern.compile(
            "^[ \\t]*--[ \\t]*(?:\\+goose[ \\t]+down|\\+migrate[ \\t]+down|migrate:down|//[ \\t]*@undo)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

    private MigrationLayout() {}

    /** A location as this library names it: {@code flyway:db/migration} is on the class path, as it is for Flyway, {@code flyway:filesystem:sql} is not. */
    static String location(String named) {
        if (!named.startsWith(FLYWAY)) {
            return named.startsWith(FILE_SYSTEM) ? named.substring(FILE_SYSTEM.length()) : named;
        }
        String location = named.substring(FLYWAY.length());
        return location.startsWith(FILE_SYSTEM)
                ? location.substring(FILE_SYSTEM.length())
                : location.startsWith(CLASS_PATH) ? location : CLASS_PATH + location;
    }

    /** The name of a script in the form that {@link Migration} reads; as it is where it is of no other tool. */
    static String fileName(String name) {
        Matcher pair = PAIR.matcher(name);
        if (pair.matches()) {
            return (pair.group(3).equals("up") ? "V" : "U") + pair.group(1) + "__" + pair.group(2) + ".sql";
        }
        Matcher numbered = NUMBERED.matcher(name);
        return numbered.matches() ? "V" + numbered.group(1) + "__" + numbered.group(2) + ".sql" : name;
    }

    /** As {@link #fileName}, of a place as {@link #isScript} accepts it. */
    static String fileNameAt(String place) {
        int slash = place.indexOf('/');
        Matcher version = DIRECTORY.matcher(slash < 0 ? "" : place.substring(0, slash));
        if (!version.matches()) {
            return fileName(place);
        }
        String number = version.group(1).replace('-', '.').replaceAll("\\.+$", "");
        return (place.endsWith("/up.sql") ? "V" : "U") + number + "__" + version.group(2) + ".sql";
    }

    /** Whether a path below a directory of scripts is that of one: in the directory itself, or {@code 001_name/up.sql} and {@code down.sql}. */
    static boolean isScript(String place) {
        int slash = place.indexOf('/');
        return slash < 0
                || DIRECTORY.matcher(place.substring(0, slash)).matches()
                        && (place.substring(slash).equals("/up.sql")
                                || place.substring(slash).equals("/down.sql"));
    }

    /** Whether a directory holds one version. */
    static boolean isVersionDirectory(Path path) {
        return DIRECTORY.matcher(String.valueOf(path.getFileName())).matches() && Files.exists(path.resolve("up.sql"));
    }

    static List<Path> scriptsOf(Path versionDirectory) {
        Path down = versionDirectory.resolve("down.sql");
        return Files.exists(down)
                ? List.of(versionDirectory.resolve("up.sql"), down)
                : List.of(versionDirectory.resolve("up.sql"));
    }

    /** A script without what undoes it, where one file has both. */
    static String upPart(String text) {
        Matcher down = DOWN.matcher(text);
        return down.find() ? text.substring(0, down.start()) : text;
    }
}
