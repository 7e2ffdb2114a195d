package org.healingsqlite.agent.door;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.PatternSyntaxException;
import org.healingsqlite.HealingOption;
import org.healingsqlite.HealingOptions;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * The agent's options, and those that its configuration file has for one database or another. In that file {@code schema=...} is for all
 * databases; {@code orders.path=/var/lib/shop/orders*.db} names a group by a glob on the absolute path, and {@code orders.schema=...} is for that
 * group.
 */
public final class AgentOptions {
    /** A configuration of a thousand databases, with long paths, has a tenth of it. */
    private static final int LARGEST_FILE_BYTES = 1 << 22;

    private static final String CONFIG = "config";
    private static final String PATH = ".path";

    private final Map<String, String> arguments;
    private final String configName;
    private final Map<String, String> ofAll = new TreeMap<>();
    private final List<Group> groups = new ArrayList<>();

    private record Group(PathMatcher path, Map<String, String> options) {}

    /**
     * Reads the configuration file, where there is one.
     *
     * @throws SQLException naming the file and what is wrong
     */
    AgentOptions(Map<String, String> given) throws SQLException {
        arguments = new TreeMap<>(given);
        String config = arguments.remove(CONFIG);
        configName = config == null ? "" : config;
        if (config != null) {
            read(config);
        }
    }

    /** The options, read when the first database needs them. Thread-safe. */
    static final class Reading {
        private static final Log LOG = Log.of(AgentOptions.class);

        private final Map<String, String> arguments;
        private final AtomicBoolean complained = new AtomicBoolean();
        private volatile @Nullable AgentOptions options;

        /** @param arguments behind the agent's jar */
        Reading(Map<String, String> arguments) {
            this.arguments = arguments;
        }

        /** The settings of a database; null, and one line in the log, where an option is wrong. */
        @Nullable
        HealingSettings of(Path file) {
            try {
                AgentOptions known = options;
                if (known == null) {
                    known = new AgentOptions(arguments);
                    options = known;
                }
                return known.of(file);
            } catch (SQLException e) {
                if (complained.compareAndSet(false, true)) {
                    LOG.error("{}; databases stay without healing", Disclosure.message(e));
                }
                return null;
            }
        }
    }

    /**
     * What is wrong with some options.
     *
     * @return one line; null where nothing is wrong
     */
    public static @Nullable String complaint(Map<String, String> given) {
        try {
            AgentOptions options = new AgentOptions(given);
            HealingOptions.ofAgent(options.arguments, options.ofAll, options.configName);
            for (Group group : options.groups) {
                HealingOptions.ofAgent(options.arguments, group.options(), options.configName);
            }
            return null;
        } catch (SQLException e) {
            return Disclosure.message(e).replace('\n', ' ');
        }
    }

    private void read(String config) throws SQLException {
        Properties properties = new Properties();
        try (Reader reader = InputFile.named(Path.of(config)).reader(LARGEST_FILE_BYTES)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new SQLException("Option config is '" + config + "': cannot be read: " + Disclosure.text(e), e);
        }
        Map<String, Map<String, String>> named = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            String value = properties.getProperty(key);
            int dot = key.indexOf('.');
            if (dot < 0 || key.regionMatches(true, 0, HealingOption.PREFIX, 0, HealingOption.PREFIX.length())) {
                ofAll.put(prefixed(key), value);
            } else if (!key.endsWith(PATH)) {
                named.computeIfAbsent(key.substring(0, dot), name -> new TreeMap<>())
                        .put(prefixed(key.substring(dot + 1)), value);
            }
        }
        for (String key : properties.stringPropertyNames()) {
            if (key.endsWith(PATH)) {
                String name = key.substring(0, key.length() - PATH.length());
                Map<String, String> options = new TreeMap<>(ofAll);
                Map<String, String> own = named.remove(name);
                options.putAll(own == null ? Map.of() : own);
                groups.add(new Group(matcher(config, key, properties.getProperty(key)), options));
            }
        }
        if (!named.isEmpty()) {
            String name = named.keySet().iterator().next();
            throw new SQLException("Option " + name + ".path in " + config + " is missing: expected a glob");
        }
    }

    private static PathMatcher matcher(String config, String key, String glob) throws SQLException {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            throw new SQLException("Option " + key + " in " + config + " is '" + glob + "': expected a glob", e);
        }
    }

    private static String prefixed(String key) {
        return key.startsWith(HealingOption.PREFIX) ? key : HealingOption.PREFIX + key;
    }

    /** The settings of a database. */
    HealingSettings of(Path file) throws SQLException {
        for (Group group : groups) {
            if (group.path().matches(file)) {
                return HealingOptions.ofAgent(arguments, group.options(), configName)
                        .settings();
            }
        }
        return HealingOptions.ofAgent(arguments, ofAll, configName).settings();
    }
}
