package org.healingsqlite.sqlite;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.NamesUsed;
import org.sqlite.Collation;
import org.sqlite.Function;

/**
 * What stands on a connection of ours for the collations and functions that only the application knows, so that SQLite reads a schema that names them. Nothing is
 * evaluated with them: a function refuses with {@link #REFUSAL}, and so does the statement that asks it; a collation cannot refuse, and tells afterwards that it was
 * asked ({@link #sorted}). Whoever sorts asks that before the result is used. While the structure is checked a function says NULL, so that the check goes on
 * ({@link #checking}); what depends on that is left out of what the check says.
 *
 * <p>For one connection, and the thread that uses it; SQLite's own threads may ask as well.
 */
public final class StandIns {

    /** What the message of a refusal contains. */
    public static final String REFUSAL = NamesUsed.REFUSAL;

    /**
     * SQLITE_DETERMINISTIC and SQLITE_INNOCUOUS: without the first, indexes and generated columns may not call it; without the second, no schema may that is not
     * trusted. Source: SQLite documentation, "Function Flags".
     */
    private static final int FLAGS = 0x000000800 | StandIns.INNOCUOUS;

    private static final int INNOCUOUS = 0x000200000;
    private static final int DIRECT_ONLY = 0x000080000;

    /** SQLite's own; its list of collations has those as well that a schema names and nobody has registered. Source: SQLite documentation, "Datatypes In SQLite" §7. */
    private static final Set<String> OWN_COLLATIONS = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    static {
        OWN_COLLATIONS.addAll(List.of("BINARY", "NOCASE", "RTRIM"));
    }

    /** Any number of arguments. */
    private static final int ANY = -1;

    private static final Log LOG = Log.of(StandIns.class);

    private final Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    private volatile boolean sorted;
    private volatile boolean checking;

    private StandIns() {}

    /** Which kinds of names are stood in for. */
    enum Kinds {
        NONE,
        /** Functions only: what would have to be sorted fails with "no such collation sequence". For who writes to what others read. */
        FUNCTIONS,
        /** Collations as well. For who only looks, or sees to the order himself. */
        ALL
    }

    /**
     * For whom something stands in.
     *
     * @param asMode whether only as much as what the connection may do allows
     * @param names that are wanted; empty for those that the schema names
     */
    record Wanted(boolean asMode, Optional<NamesUsed> names) {
        static final Wanted AS_MODE = new Wanted(true, Optional.empty());

        static final Wanted ALL = new Wanted(false, Optional.empty());

        static Wanted of(NamesUsed names) {
            return new Wanted(false, Optional.of(names));
        }
    }

    /** Registers them for the names that a connection does not know; collations only where asked for. */
    static StandIns register(Connection connection, NamesUsed used, Kinds kinds, boolean distrusting)
            throws SQLException {
        StandIns standIns = new StandIns();
        if (kinds != Kinds.NONE) {
            standIns.registerFunctions(connection, used, distrusting);
        }
        if (kinds == Kinds.ALL) {
            standIns.registerCollations(connection, used);
        }
        return standIns;
    }

    private void registerFunctions(Connection connection, NamesUsed used, boolean distrusting) throws SQLException {
        if (used.functions().isEmpty()) {
            return;
        }
        Map<String, List<Integer>> known = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA function_list")) {
            while (row.next()) {
                // A schema that is not trusted may not call the others, and no schema those that are for direct use
                // only.
                if (!distrusting || (row.getInt("flags") & (INNOCUOUS | DIRECT_ONLY)) != 0) {
                    known.computeIfAbsent(row.getString("name").toLowerCase(Locale.ROOT), any -> new ArrayList<>())
                            .add(row.getInt("narg"));
                }
            }
        }
        for (Map.Entry<String, Set<Integer>> function : used.functions().entrySet()) {
            List<Integer> arguments = known.get(function.getKey().toLowerCase(Locale.ROOT));
            if (arguments == null) {
                registerFunction(connection, function.getKey(), ANY);
            } else if (arguments.stream().noneMatch(number -> number < 0)) {
                // SQLite's own functions of the name stay.
                for (int wanted : function.getValue()) {
                    if (!arguments.contains(wanted)) {
                        registerFunction(connection, function.getKey(), wanted);
                    }
                }
            }
        }
    }

    private void registerFunction(Connection connection, String name, int arguments) {
        try {
            Function.create(connection, name, new Refusing(name), arguments, FLAGS);
            names.add(name);
        } catch (SQLException e) {
            // A name that SQLite takes for no function's: nobody can have registered it.
            LOG.debug("No function can have the name {}: {}", name, Disclosure.message(e));
        }
    }

    private void registerCollations(Connection connection, NamesUsed used) throws SQLException {
        for (String name : used.collations()) {
            if (!OWN_COLLATIONS.contains(name)) {
                Collation.create(connection, name, new Telling());
                names.add(name);
            }
        }
    }

    /** The names that are stood in for. */
    public Set<String> names() {
        return names;
    }

    /** Whether a collation was asked how two texts are ordered since this was last said: what came of it is not the application's order. */
    public boolean sorted() {
        boolean asked = sorted;
        sorted = false;
        return asked;
    }

    /** Whether a check is about to begin, in which functions say NULL, or has ended. */
    public void checking(boolean begins) {
        checking = begins;
    }

    private final class Refusing extends Function {
        private final String name;

        Refusing(String name) {
            this.name = name;
        }

        @Override
        protected void xFunc() throws SQLException {
            if (checking) {
                result();
            } else {
                error(REFUSAL + " " + name);
            }
        }
    }

    private final class Telling extends Collation {
        @Override
        protected int xCompare(String one, String other) {
            sorted = true;
            return one.compareTo(other);
        }
    }

    /**
     * A collation that takes the text that is looked for to come behind every text that is there, so that a tree keeps the order in which its entries are put into it.
     * SQLite compares what is in a tree with what is looked for, in this order of arguments.
     */
    private static final class AsPut extends Collation {
        private final int order;

        AsPut(boolean descending) {
            order = descending ? 1 : -1;
        }

        @Override
        protected int xCompare(String inTree, String looked) {
            return order;
        }
    }

    /** The collations that keep the order in which texts are put into a tree: one for ascending, one for descending columns. */
    static void registerAsPut(Connection connection, String ascending, String descending) throws SQLException {
        Collation.create(connection, ascending, new AsPut(false));
        Collation.create(connection, descending, new AsPut(true));
    }
}
