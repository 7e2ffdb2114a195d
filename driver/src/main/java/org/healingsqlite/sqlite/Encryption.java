package org.healingsqlite.sqlite;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.PragmaStatement;

/**
 * Encrypted databases, which builds of SQLite with a codec read: SQLite3 Multiple Ciphers (as in the artifact {@code io.github.willena:sqlite-jdbc}), SQLCipher, SEE. What
 * SQLite copies through a connection that has a key is in plain text, so it is not copied. Keys are looked for and never kept or told. Stateless.
 *
 * <p>Source: SQLite3 Multiple Ciphers documentation, "SQL Pragmas", "URI Parameters" and "SQL Functions"; SQLCipher API, {@code cipher_version}; sqlite-jdbc's
 * {@code SQLiteConfig.Pragma}, PASSWORD and HEXKEY_MODE.
 */
public final class Encryption {

    /** sqlite-jdbc's properties, and the fork's, that hold a key. */
    private static final List<String> KEYS = List.of("key", "hexkey", "textkey", "password");

    /** What the codec reads from a URI itself. */
    private static final Pattern KEY_IN_URI = Pattern.compile("[?&](?:key|hexkey|textkey)=[^&#]");

    private static final Log LOG = Log.of(Encryption.class);

    private Encryption() {}

    /** Asked once: it is about the build. */
    private static final class Build {
        private static final Set<String> FUNCTIONS = Set.of("sqlite3mc_version", "sqlcipher_export");

        static final boolean HAS_CODEC = look();

        private static boolean look() {
            try (Connection memory = Sqlite.openInMemory()) {
                return "1".equals(answer(memory, "SELECT sqlite_compileoption_used('HAS_CODEC')"))
                        || knowsFunctionOfACodec(memory)
                        || !answer(memory, "PRAGMA cipher_version").isEmpty();
            } catch (SQLException e) {
                LOG.debug("Whether there is a codec cannot be told: {}", Disclosure.message(e));
                return false;
            }
        }

        private static boolean knowsFunctionOfACodec(Connection memory) throws SQLException {
            try (Statement statement = memory.createStatement();
                    ResultSet function = statement.executeQuery(PragmaStatement.of("function_list"))) {
                while (function.next()) {
                    if (FUNCTIONS.contains(function.getString("name"))) {
                        return true;
                    }
                }
                return false;
            }
        }
    }

    /** Whether this build of SQLite reads encrypted databases. */
    public static boolean hasCodec() {
        return Build.HAS_CODEC;
    }

    /** Whether a URL or properties give a key to a build that can use it: without a codec, a password means nothing to SQLite. */
    public static boolean isAsked(String url, Properties properties) {
        boolean given = KEY_IN_URI.matcher(url).find();
        // sqlite-jdbc is asked only where there may be one.
        boolean maybe = given || url.contains("password") || url.contains("key");
        Properties read = maybe ? Sqlite.configured(url, properties) : properties;
        for (String key : KEYS) {
            given |= !read.getProperty(key, "").isEmpty();
        }
        return given && hasCodec();
    }

    /**
     * Refuses to copy through a connection that has a key, however it got it.
     *
     * @throws SQLException where it has one
     */
    static void refuse(Connection connection) throws SQLException {
        if (!hasCodec()) {
            return;
        }
        Properties configuration = Sqlite.configuration(connection);
        boolean keyed = KEYS.stream()
                .anyMatch(key -> !configuration.getProperty(key, "").isEmpty());
        if (keyed
                || !answer(connection, "SELECT sqlite3mc_codec_data('cipher_salt')")
                        .isEmpty()) {
            throw new SQLException("the database is encrypted: a copy would be in plain text, and is not made");
        }
    }

    /** The first value; empty where there is none, or the build knows no such question. */
    private static String answer(Connection connection, String query) {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            String value = row.next() ? row.getString(1) : null;
            return value == null ? "" : value;
        } catch (SQLException unknownHere) {
            return "";
        }
    }
}
