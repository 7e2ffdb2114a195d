package org.healingsqlite;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.HealingOption.Trust;
import org.healingsqlite.api.Internal;
import org.healingsqlite.archive.MergePolicy;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.heal.ConsentSettings;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.Recurring;
import org.healingsqlite.heal.UpkeepSettings;
import org.healingsqlite.incident.Severity;
import org.healingsqlite.input.InputFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.notify.HookSettings;
import org.healingsqlite.notify.WebhookSettings;
import org.healingsqlite.notify.WebhookTemplate;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.replication.ReplicaSettings;
import org.healingsqlite.replication.Replicas;
import org.healingsqlite.schema.Scripts;
import org.jspecify.annotations.Nullable;

/**
 * The values of all options for one connection, and where each was found. Immutable.
 */
@Internal
public final class HealingOptions {
    /** SQLState of a wrong option: "invalid connection attribute value". */
    private static final String INVALID_ATTRIBUTE = "01S00";

    private static final String FILE_NAME = "healing-sqlite.properties";
    /** A scheme has two letters at least: one is a drive. */
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:");

    /** The name of a directory that Windows takes from another machine: what is kept there leaves this one. */
    private static final Pattern ELSEWHERE = Pattern.compile("[\\\\/]{2}");

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})\\s*(kb|mb|gb|b)?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h|d)?");
    private static final Pattern RECURRING_FORM = Pattern.compile("(\\d{1,7})\\s+in\\s+(\\S.*)");
    private static final int MAX_COUNT = 1_000_000;

    /** A file of options has some thirty lines, and one path may have 4096 bytes. */
    private static final int LARGEST_FILE_BYTES = 1 << 20;

    private static final Duration LONGEST = Duration.ofDays(36_500);

    /** So many sets of places a JVM may use without any being resolved twice: an application has a handful of URLs. */
    private static final int MOST_KEPT = 256;

    /** What was resolved, by the places that gave it, the longest unused first. Guarded by itself. */
    private static final Map<List<Place>, HealingOptions> RESOLVED = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Place>, HealingOptions> eldest) {
            return size() > MOST_KEPT;
        }
    };

    /** What the class path of each loader has in its file. Guarded by itself. */
    private static final Map<ClassLoader, Place> CLASS_PATHS = new WeakHashMap<>();

    private final Map<HealingOption, Found> values;
    private final Set<HealingOption> allowed;
    private @Nullable HealingSettings settings;

    /** A JVM's environment never changes. */
    private static final class Environment {
        static final List<Place> PLACES = List.copyOf(environment(System::getenv));
    }

    private HealingOptions(Map<HealingOption, Found> values, Set<HealingOption> allowed) {
        this.values = values;
        this.allowed = allowed;
    }

    /**
     * A value and where it stands.
     *
     * @param where in words
     * @param trusted whether only the application's owner writes there
     */
    private record Found(String value, String where, boolean trusted) {}

    /**
     * One place that may give options.
     *
     * @param where in words
     * @param trusted whether only the application's owner writes there: others fill URLs, properties and directories
     * @param values keys with their prefix, in any case
     */
    record Place(String where, boolean trusted, Map<String, String> values) {
        static Place url(Map<String, String> values) {
            return new Place("the URL", false, values);
        }

        static Place setters(Map<String, String> values) {
            return new Place("the data source's setters", true, values);
        }

        static Place properties(Properties properties) {
            return new Place("the connection properties", false, healing(properties));
        }

        static Place system(Map<String, String> values) {
            return new Place("the system properties", true, values);
        }

        static Place workingDirectory(Map<String, String> values) {
            return new Place(FILE_NAME + " of the working directory", false, values);
        }

        static Place classPath(Map<String, String> values) {
            return new Place(FILE_NAME + " of the class path", true, values);
        }
    }

    /**
     * Looks all options up.
     *
     * @param fromUrl the {@code healing.*} parameters of the URL
     * @param setters what code has set by name, keys with their prefix
     * @param properties the connection's properties; only {@code healing.*} keys are looked at
     * @throws SQLException naming the option, its value, where that stands and what was expected; or the option that may not stand there, and where
     *     it belongs
     */
    static HealingOptions resolve(Map<String, String> fromUrl, Map<String, String> setters, Properties properties)
            throws SQLException {
        List<Place> places = new ArrayList<>(List.of(
                Place.url(fromUrl),
                Place.setters(setters),
                Place.properties(properties),
                Place.system(systemProperties())));
        places.addAll(Environment.PLACES);
        places.add(propertiesFile());
        return resolve(places);
    }

    /**
     * Looks all options up for a connection that an application opens without knowing of healing.
     *
     * @param arguments the agent's own, keys with their prefix
     * @param config what the configuration file has for this database; the agent's arguments name that file, so it is trusted as they are
     * @param configName the file's name, for messages
     * @throws SQLException as the driver's
     */
    public static HealingOptions ofAgent(Map<String, String> arguments, Map<String, String> config, String configName)
            throws SQLException {
        List<Place> places = new ArrayList<>(
                List.of(new Place("the agent's options", true, arguments), Place.system(systemProperties())));
        places.addAll(Environment.PLACES);
        places.add(new Place(configName, true, config));
        places.add(propertiesFile());
        HealingOptions options = resolve(places);
        if (options.settings().upkeep().keep() == UpkeepSettings.Keep.COMMIT) {
            throw options.wrong(
                    HealingOption.ARCHIVE_KEEP,
                    "off or a duration such as 30s or 5m: the agent keeps no archive commit by commit, only the driver does");
        }
        if (options.settings()
                .upkeep()
                .replica()
                .filter(ReplicaSettings::eachCommit)
                .isPresent()) {
            throw options.wrong(
                    HealingOption.REPLICA_EVERY,
                    "a duration such as 500ms, 1s or 1m: the agent ships no commit before its call returns, only the driver does");
        }
        return options;
    }

    /** Looks all options up; of two places the first that has an option wins. */
    static HealingOptions resolve(List<Place> places) throws SQLException {
        List<Place> key = List.copyOf(places);
        synchronized (RESOLVED) {
            HealingOptions known = RESOLVED.get(key);
            if (known != null) {
                return known;
            }
        }
        HealingOptions options = resolveAnew(key);
        synchronized (RESOLVED) {
            RESOLVED.put(key, options);
        }
        return options;
    }

    private static HealingOptions resolveAnew(List<Place> places) throws SQLException {
        Set<HealingOption> allowed = allowed(places);
        Map<HealingOption, Found> values = new EnumMap<>(HealingOption.class);
        for (Place place : places) {
            for (Map.Entry<String, String> entry : place.values().entrySet()) {
                HealingOption option = option(entry.getKey(), place);
                if (option.trust() == Trust.POWER && !place.trusted() && !allowed.contains(option)) {
                    throw misplaced(option, place);
                }
                values.putIfAbsent(option, new Found(entry.getValue().trim(), place.where(), place.trusted()));
            }
        }
        HealingOptions options = new HealingOptions(values, allowed);
        options.settings = options.read();
        return options;
    }

    /** What the trusted places let the others give. Only they are asked: nobody allows himself anything. */
    private static Set<HealingOption> allowed(List<Place> places) throws SQLException {
        Set<HealingOption> allowed = EnumSet.noneOf(HealingOption.class);
        for (Place place : places) {
            for (Map.Entry<String, String> entry : place.values().entrySet()) {
                if (!place.trusted() || option(entry.getKey(), place) != HealingOption.ALLOW_IN_URL) {
                    continue;
                }
                for (String name : entries(entry.getValue())) {
                    HealingOption named = option(name.contains(".") ? name : HealingOption.PREFIX + name, place);
                    if (named == HealingOption.ALLOW_IN_URL) {
                        throw misplaced(named, place);
                    }
                    allowed.add(named);
                }
                // As with every option, the first place that has it wins.
                return allowed;
            }
        }
        return allowed;
    }

    private static HealingOption option(String key, Place place) throws SQLException {
        return HealingOption.ofKey(key)
                .orElseThrow(() -> new SQLException(
                        "Unknown option " + key + " in " + place.where() + ": expected " + nearest(key),
                        INVALID_ATTRIBUTE));
    }

    private static SQLException misplaced(HealingOption option, Place place) {
        return new SQLException(
                "Option " + option.key() + " in " + place.where()
                        + ": not here, because others than the application's owner may write here. Expected in code"
                        + " (HealingDataSource), the system properties, the environment ("
                        + option.environmentVariable()
                        + "), the agent's arguments or the file that they name"
                        + (option == HealingOption.ALLOW_IN_URL
                                ? ""
                                : "; or " + HealingOption.ALLOW_IN_URL.key() + " there must name it"),
                INVALID_ATTRIBUTE);
    }

    /** What the environment has; each variable is a place of its own. */
    static List<Place> environment(UnaryOperator<@Nullable String> environment) {
        List<Place> places = new ArrayList<>();
        for (HealingOption option : HealingOption.values()) {
            List<String> names = new ArrayList<>(List.of(option.environmentVariable()));
            names.addAll(option.environmentAliases());
            for (String name : names) {
                String value = environment.apply(name);
                if (value != null) {
                    places.add(new Place("the environment variable " + name, true, Map.of(option.key(), value)));
                }
            }
        }
        return places;
    }

    /** The option whose key looks most like it, or all of them where none does. */
    private static String nearest(String key) {
        String wanted = key.toLowerCase(Locale.ROOT);
        String best = Arrays.stream(HealingOption.values())
                .map(HealingOption::key)
                .min(Comparator.comparingInt(candidate -> distance(wanted, candidate.toLowerCase(Locale.ROOT))))
                .orElseThrow();
        return distance(wanted, best.toLowerCase(Locale.ROOT)) <= 3
                ? best
                : "one of "
                        + String.join(
                                ", ",
                                Arrays.stream(HealingOption.values())
                                        .map(HealingOption::key)
                                        .toList());
    }

    /** Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replace, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    /** Whether any source gave the option. */
    boolean isSet(HealingOption option) {
        return values.containsKey(option);
    }

    /** The value as it was written, or the default. */
    String text(HealingOption option) {
        Found found = values.get(option);
        return found == null ? option.defaultValue() : found.value();
    }

    /** Whether URL and connection properties may give the option. */
    boolean isForUrls(HealingOption option) {
        return option.trust() != Trust.POWER || allowed.contains(option);
    }

    /** All values in their types. */
    public HealingSettings settings() throws SQLException {
        HealingSettings known = settings;
        return known == null ? read() : known;
    }

    private HealingSettings read() throws SQLException {
        return new HealingSettings(
                mode(),
                scripts(HealingOption.SCHEMA),
                scripts(HealingOption.AFTER_HEAL),
                sources(),
                upkeep(),
                is(HealingOption.ON_LOSS, "accept"),
                is(HealingOption.ON_DROPPED, "restore")
                        ? HealingSettings.OnDropped.RESTORE
                        : HealingSettings.OnDropped.KEEP,
                recurring(),
                new Sources.Returning(
                        is(HealingOption.ON_DELETED, "restore"), is(HealingOption.ON_REPLACED, "restore")),
                checkAtOpen(),
                duration(HealingOption.TIMEOUT),
                duration(HealingOption.QUARANTINE_RETENTION),
                count(HealingOption.QUARANTINE_LIMIT),
                count(HealingOption.MAX_ATTEMPTS),
                duration(HealingOption.WAIT),
                count(HealingOption.BREAKER_FAILURES),
                duration(HealingOption.BREAKER_DELAY),
                is(HealingOption.REPLAY, "auto") ? sizeBytes(HealingOption.REPLAY_LIMIT) : 0,
                countOrNone(HealingOption.RETRIES),
                duration(HealingOption.RETRY_DELAY),
                list(HealingOption.DEGRADE_READS),
                is(HealingOption.ON_UNSAVED, "acknowledge")
                        ? HealingSettings.OnUnsaved.ACKNOWLEDGE
                        : HealingSettings.OnUnsaved.REFUSE,
                is(HealingOption.ON_FOREIGN, "rebuild")
                        ? HealingSettings.OnForeign.REBUILD
                        : HealingSettings.OnForeign.REFUSE,
                consent(),
                new HookSettings(
                        command(HealingOption.AFTER_RESCUE_COMMAND), command(HealingOption.AFTER_HEAL_COMMAND)),
                webhook(),
                is(HealingOption.LOG_VALUES, "true"));
    }

    private Optional<String> command(HealingOption option) {
        return Optional.of(text(option).trim()).filter(text -> !text.isEmpty());
    }

    private Optional<WebhookSettings> webhook() throws SQLException {
        is(HealingOption.WEBHOOK_SEVERITY, "");
        String address = text(HealingOption.WEBHOOK).trim();
        if (address.isEmpty()) {
            return Optional.empty();
        }
        WebhookTemplate template = WebhookTemplate.of(text(HealingOption.WEBHOOK_TEMPLATE));
        if (!template.unknownNames().isEmpty()) {
            throw wrong(
                    HealingOption.WEBHOOK_TEMPLATE,
                    "names that an incident has, found " + String.join(", ", template.unknownNames()));
        }
        try {
            URI uri = new URI(address);
            if (uri.getHost() != null && List.of("http", "https").contains(String.valueOf(uri.getScheme()))) {
                Severity least =
                        Severity.valueOf(text(HealingOption.WEBHOOK_SEVERITY).toUpperCase(Locale.ROOT));
                return Optional.of(new WebhookSettings(uri, least, template));
            }
        } catch (URISyntaxException e) {
            // It is told without its text.
        }
        throw wrongWebhook();
    }

    /** The address may hold a secret: it is not shown. */
    private SQLException wrongWebhook() {
        return new SQLException(
                "Option " + HealingOption.WEBHOOK.key() + ": expected an http or https address", INVALID_ATTRIBUTE);
    }

    private ConsentSettings consent() throws SQLException {
        ConsentSettings.Caution caution = is(HealingOption.INTENT, "strict")
                ? ConsentSettings.Caution.STRICT
                : is(HealingOption.INTENT, "off") ? ConsentSettings.Caution.OFF : ConsentSettings.Caution.ASK;
        return new ConsentSettings(
                caution, list(HealingOption.VERSION_TABLE), is(HealingOption.SCHEMA_REQUIRED, "true"));
    }

    private Scripts scripts(HealingOption option) {
        Found found = values.get(option);
        boolean trusted = found == null || found.trusted() || allowed.contains(option);
        return new Scripts(list(option), trusted ? Scripts.Limits.NONE : Scripts.Limits.OF_FILES);
    }

    private Mode mode() throws SQLException {
        String text = text(HealingOption.MODE).toLowerCase(Locale.ROOT);
        Found found = values.get(HealingOption.MODE);
        if (found != null && found.where().endsWith(" AUTO_HEALING_ENABLED")) {
            return switch (text) {
                case "true" -> Mode.HEAL;
                case "false" -> Mode.OBSERVE;
                default -> throw wrong(HealingOption.MODE, "true or false");
            };
        }
        return switch (text) {
            case "heal" -> Mode.HEAL;
            case "observe" -> Mode.OBSERVE;
            case "off" -> Mode.OFF;
            default -> throw wrong(HealingOption.MODE, HealingOption.MODE.expected());
        };
    }

    private RowSources sources() throws SQLException {
        String command = text(HealingOption.RESTORE_COMMAND);
        return new RowSources(
                path(HealingOption.ARCHIVE),
                is(HealingOption.ON_CONFLICT, "archive") ? MergePolicy.ARCHIVE_WINS : MergePolicy.DATABASE_WINS,
                path(HealingOption.SNAPSHOTS),
                command.isEmpty() ? Optional.empty() : Optional.of(command),
                duration(HealingOption.TIMEOUT),
                replica().map(replica -> new RowSources.ReplicaSource(replica, Instant.MIN)));
    }

    private Recurring recurring() throws SQLException {
        String text = text(HealingOption.RECURRING).toLowerCase(Locale.ROOT);
        if (text.equals("off")) {
            return Recurring.UNBOUNDED;
        }
        Matcher matcher = RECURRING_FORM.matcher(text);
        int heals = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        if (heals < 1 || heals > MAX_COUNT) {
            throw wrong(HealingOption.RECURRING, HealingOption.RECURRING.expected());
        }
        Duration within = duration(HealingOption.RECURRING, matcher.group(2));
        if (within.isZero()) {
            throw wrong(HealingOption.RECURRING, HealingOption.RECURRING.expected());
        }
        return new Recurring(heals, within);
    }

    private UpkeepSettings upkeep() throws SQLException {
        return new UpkeepSettings(
                keep(),
                keep() == UpkeepSettings.Keep.INTERVAL ? duration(HealingOption.ARCHIVE_KEEP) : Duration.ZERO,
                text(HealingOption.ARCHIVE_HISTORY).equalsIgnoreCase("off")
                        ? Duration.ZERO
                        : duration(HealingOption.ARCHIVE_HISTORY),
                text(HealingOption.ARCHIVE_VERIFY).equalsIgnoreCase("off")
                        ? Optional.empty()
                        : Optional.of(duration(HealingOption.ARCHIVE_VERIFY)),
                duration(HealingOption.SNAPSHOT_EVERY),
                count(HealingOption.SNAPSHOTS_KEPT),
                replica());
    }

    private Optional<ReplicaSettings> replica() throws SQLException {
        boolean eachCommit = text(HealingOption.REPLICA_EVERY).equalsIgnoreCase("commit");
        Duration every = eachCommit ? Duration.ofSeconds(1) : duration(HealingOption.REPLICA_EVERY);
        Duration snapshotEvery = duration(HealingOption.REPLICA_SNAPSHOT_EVERY);
        Optional<Duration> verifyEvery = text(HealingOption.REPLICA_VERIFY).equalsIgnoreCase("off")
                ? Optional.empty()
                : Optional.of(duration(HealingOption.REPLICA_VERIFY));
        if (every.isZero()) {
            throw wrong(HealingOption.REPLICA_EVERY, HealingOption.REPLICA_EVERY.expected());
        }
        if (snapshotEvery.isZero()) {
            throw wrong(HealingOption.REPLICA_SNAPSHOT_EVERY, HealingOption.REPLICA_SNAPSHOT_EVERY.expected());
        }
        Duration retention = duration(HealingOption.REPLICA_RETENTION);
        long limit = sizeBytes(HealingOption.REPLICA_LIMIT);
        String address = text(HealingOption.REPLICA).trim();
        if (address.isEmpty()) {
            return Optional.empty();
        }
        URI url;
        try {
            url = new URI(address);
        } catch (URISyntaxException e) {
            throw wrong(HealingOption.REPLICA, HealingOption.REPLICA.expected());
        }
        if (url.getScheme() == null) {
            throw wrong(HealingOption.REPLICA, HealingOption.REPLICA.expected());
        }
        Optional<String> objection = Replicas.objection(url);
        if (objection.isPresent()) {
            throw wrong(HealingOption.REPLICA, objection.get());
        }
        return Optional.of(new ReplicaSettings(url, eachCommit, every, retention, snapshotEvery, verifyEvery, limit));
    }

    private UpkeepSettings.Keep keep() throws SQLException {
        String text = text(HealingOption.ARCHIVE_KEEP).toLowerCase(Locale.ROOT);
        if (text.equals("off")) {
            return UpkeepSettings.Keep.OFF;
        }
        if (text(HealingOption.ARCHIVE).isEmpty()) {
            throw wrong(HealingOption.ARCHIVE_KEEP, HealingOption.ARCHIVE.key() + " beside it");
        }
        if (text.equals("commit")) {
            return UpkeepSettings.Keep.COMMIT;
        }
        if (duration(HealingOption.ARCHIVE_KEEP).isZero()) {
            throw wrong(HealingOption.ARCHIVE_KEEP, HealingOption.ARCHIVE_KEEP.expected());
        }
        return UpkeepSettings.Keep.INTERVAL;
    }

    /**
     * A path; empty where none was given. It need not be there: a database must open although the disk of its archive is away. A place with a scheme
     * is none, and must not become a directory of that name.
     */
    private Optional<Path> path(HealingOption option) throws SQLException {
        if (SCHEME.matcher(text(option)).lookingAt()) {
            throw wrong(
                    option,
                    option.expected() + " of this machine, found a place with a scheme (a directory of this name is ./"
                            + text(option) + ")");
        }
        Found found = values.get(option);
        if (found != null
                && !found.trusted()
                && !allowed.contains(option)
                && ELSEWHERE.matcher(found.value()).lookingAt()) {
            throw wrong(option, option.expected() + " of this machine, found one of another");
        }
        try {
            return text(option).isEmpty()
                    ? Optional.empty()
                    : Optional.of(Path.of(text(option)).toAbsolutePath());
        } catch (InvalidPathException e) {
            throw wrong(option, option.expected());
        }
    }

    /** Whether a choice is a certain one of its values. */
    private boolean is(HealingOption option, String choice) throws SQLException {
        String text = text(option).toLowerCase(Locale.ROOT);
        if (!option.choices().contains(text)) {
            throw wrong(option, option.expected());
        }
        return text.equals(choice);
    }

    private Optional<DamageCheck.Depth> checkAtOpen() throws SQLException {
        if (is(HealingOption.CHECK_AT_OPEN, "off")) {
            return Optional.empty();
        }
        return Optional.of(
                DamageCheck.Depth.valueOf(text(HealingOption.CHECK_AT_OPEN).toUpperCase(Locale.ROOT)));
    }

    private List<String> list(HealingOption option) {
        return entries(text(option));
    }

    private static List<String> entries(String text) {
        return Arrays.stream(text.split(","))
                .map(String::trim)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    private int count(HealingOption option) throws SQLException {
        String text = text(option);
        if (!text.matches("\\d{1,7}")) {
            throw wrong(option, option.expected());
        }
        int count = Integer.parseInt(text);
        if (count < 1 || count > MAX_COUNT) {
            throw wrong(option, option.expected());
        }
        return count;
    }

    private Duration duration(HealingOption option) throws SQLException {
        return duration(option, text(option));
    }

    private Duration duration(HealingOption option, String text) throws SQLException {
        Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw wrong(option, option.expected());
        }
        Found found = values.get(option);
        // CORRUPTED_DB_RETENTION_DAYS says its unit itself.
        String unitless = found != null && found.where().endsWith("_DAYS") ? "d" : "s";
        ChronoUnit unit = switch (matcher.group(2) == null ? unitless : matcher.group(2)) {
            case "ms" -> ChronoUnit.MILLIS;
            case "m" -> ChronoUnit.MINUTES;
            case "h" -> ChronoUnit.HOURS;
            case "d" -> ChronoUnit.DAYS;
            default -> ChronoUnit.SECONDS;
        };
        Duration duration = Duration.of(Long.parseLong(matcher.group(1)), unit);
        if (duration.compareTo(LONGEST) > 0) {
            throw wrong(option, option.expected() + " of at most " + LONGEST.toDays() + " days");
        }
        return duration;
    }

    private int countOrNone(HealingOption option) throws SQLException {
        String text = text(option);
        if (!text.matches("\\d{1,2}|100")) {
            throw wrong(option, option.expected());
        }
        return Integer.parseInt(text);
    }

    private long sizeBytes(HealingOption option) throws SQLException {
        Matcher matcher = SIZE.matcher(text(option).toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw wrong(option, option.expected());
        }
        return Long.parseLong(matcher.group(1))
                << switch (matcher.group(2) == null ? "" : matcher.group(2)) {
                    case "kb" -> 10;
                    case "mb" -> 20;
                    case "gb" -> 30;
                    default -> 0;
                };
    }

    private SQLException wrong(HealingOption option, String expected) {
        Found found = values.get(option);
        String where = found == null ? "the defaults" : found.where();
        return new SQLException(
                "Option " + option.key() + " in " + where + " is '" + withoutCredentials(text(option)) + "': expected "
                        + expected,
                INVALID_ATTRIBUTE);
    }

    /** What stands before the host of an address may be a name and a password. */
    private static String withoutCredentials(String text) {
        return text.replaceAll("://[^/\\s]*@", "://...@");
    }

    private static Map<String, String> healing(Properties properties) {
        Map<String, String> found = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            if (isHealingKey(key)) {
                found.put(key, properties.getProperty(key));
            }
        }
        return found;
    }

    static boolean isHealingKey(String key) {
        return key.regionMatches(true, 0, HealingOption.PREFIX, 0, HealingOption.PREFIX.length());
    }

    private static Map<String, String> systemProperties() {
        return healing(System.getProperties());
    }

    /** Whoever can write to the directory that a program is started in need not be its owner; who chooses its class path is. */
    private static Place propertiesFile() throws SQLException {
        Path inWorkingDirectory = Path.of(FILE_NAME);
        try {
            if (Files.exists(inWorkingDirectory)) {
                try (Reader reader = InputFile.named(inWorkingDirectory).reader(LARGEST_FILE_BYTES)) {
                    return Place.workingDirectory(read(reader));
                }
            }
            ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
            ClassLoader loader = ofThread == null ? HealingOptions.class.getClassLoader() : ofThread;
            synchronized (CLASS_PATHS) {
                Place known = CLASS_PATHS.get(loader);
                if (known == null) {
                    known = Place.classPath(ofClassPath(loader));
                    CLASS_PATHS.put(loader, known);
                }
                return known;
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new SQLException("Cannot read " + FILE_NAME + ": " + Disclosure.message(e), INVALID_ATTRIBUTE, e);
        }
    }

    private static Map<String, String> ofClassPath(ClassLoader loader) throws IOException {
        InputStream resource = loader.getResourceAsStream(FILE_NAME);
        if (resource == null) {
            return Map.of();
        }
        try (Reader reader = new InputStreamReader(resource, StandardCharsets.UTF_8)) {
            return read(reader);
        }
    }

    private static Map<String, String> read(Reader reader) throws IOException {
        Properties properties = new Properties();
        properties.load(reader);
        Map<String, String> all = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> all.put(key, properties.getProperty(key)));
        return all;
    }
}
