package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.healingsqlite.HealingOptions.Place;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HealingOptionsTest {
    private static final Map<String, String> NONE = Map.of();

    private static HealingSettings settings(
            Map<String, String> url,
            Map<String, String> properties,
            Map<String, String> system,
            Map<String, String> environment,
            Map<String, String> file)
            throws SQLException {
        Properties all = new Properties();
        all.putAll(properties);
        List<Place> places = new ArrayList<>(List.of(Place.url(url), Place.properties(all), Place.system(system)));
        places.addAll(HealingOptions.environment(environment::get));
        places.add(Place.workingDirectory(file));
        return HealingOptions.resolve(places).settings();
    }

    @Test
    void theOrderIsUrlPropertiesSystemEnvironmentFileDefault() throws SQLException {
        Map<String, String> one = Map.of("healing.maxAttempts", "1");
        Map<String, String> two = Map.of("healing.maxAttempts", "2");
        Map<String, String> three = Map.of("healing.maxAttempts", "3");
        Map<String, String> four = Map.of("HEALING_MAX_ATTEMPTS", "4");
        Map<String, String> five = Map.of("healing.maxAttempts", "5");
        assertThat(settings(one, two, three, four, five).maxAttempts()).isEqualTo(1);
        assertThat(settings(NONE, two, three, four, five).maxAttempts()).isEqualTo(2);
        assertThat(settings(NONE, NONE, three, four, five).maxAttempts()).isEqualTo(3);
        assertThat(settings(NONE, NONE, NONE, four, five).maxAttempts()).isEqualTo(4);
        assertThat(settings(NONE, NONE, NONE, NONE, five).maxAttempts()).isEqualTo(5);
        assertThat(settings(NONE, NONE, NONE, NONE, NONE).maxAttempts()).isEqualTo(3);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({"AUTO_HEALING_ENABLED, false", "HEALING_MODE, observe"})
    void s2_16_s2_19_healingIsSwitchedOffByTheEnvironment(String name, String value) throws SQLException {
        assertThat(settings(NONE, NONE, NONE, Map.of(name, value), NONE).mode()).isEqualTo(Mode.OBSERVE);
    }

    @Test
    void s2_19_maxHealingAttemptsIsAnAlias() throws SQLException {
        assertThat(settings(NONE, NONE, NONE, Map.of("MAX_HEALING_ATTEMPTS", "7"), NONE)
                        .maxAttempts())
                .isEqualTo(7);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"500ms, PT0.5S", "30s, PT30S", "45, PT45S", "5m, PT5M", "2h, PT2H", "1d, PT24H", "1 D, PT24H"})
    void durations(String text, Duration expected) throws SQLException {
        assertThat(settings(Map.of("healing.wait", text), NONE, NONE, NONE, NONE)
                        .waitLimit())
                .isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "healing.mode, maybe, 'one of heal, observe, off'",
        "healing.maxAttempts, 0, a whole number",
        "healing.maxAttempts, -1, a whole number",
        "healing.maxAttempts, 1.5, a whole number",
        "healing.maxAttempts, 99999999999, a whole number",
        "healing.wait, soon, a duration such as",
        "healing.wait, -5s, a duration such as",
        "healing.wait, 999999999999d, a duration such as",
        "healing.wait, '', a duration such as",
    })
    void aWrongValueNamesOptionValueAndWhatWasExpected(String key, String value, String expected) {
        assertThatThrownBy(() -> settings(NONE, Map.of(key, value), NONE, NONE, NONE))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining("the connection properties")
                .hasMessageContaining(expected);
    }

    @Test
    void aWrongAddressIsNamedWithoutItsCredentials() {
        assertThatThrownBy(() -> settings(NONE, NONE, Map.of("healing.replica", "ftp://id:secret@host/x"), NONE, NONE))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("'ftp://...@host/x'")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "healing.shema, healing.schema",
        "healing.maxAttemps, healing.maxAttempts",
        "healing.xyzzy, one of healing.mode"
    })
    void anUnknownKeyIsNamedWithTheNearestKnownOne(String key, String nearest) {
        assertThatThrownBy(() -> settings(Map.of(key, "1"), NONE, NONE, NONE, NONE))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("Unknown option " + key + " in the URL")
                .hasMessageContaining("expected " + nearest);
    }

    @ParameterizedTest
    @EnumSource
    void everyOptionHasASetterOnTheDataSource(HealingOption option) throws Exception {
        PropertyDescriptor[] properties =
                Introspector.getBeanInfo(HealingDataSource.class).getPropertyDescriptors();
        assertThat(properties)
                .filteredOn(property -> property.getWriteMethod() != null)
                .extracting(PropertyDescriptor::getName)
                .contains(option.propertyName());
    }

    @Test
    void driverPropertyInfoListsOursAndSqlites() throws SQLException {
        DriverPropertyInfo[] infos =
                new HealingDriver().getPropertyInfo("jdbc:healing:sqlite:a.db?healing.mode=observe", new Properties());
        assertThat(Arrays.stream(infos).map(info -> info.name))
                .contains("healing.mode", "healing.schema", "journal_mode");
        assertThat(infos[0].value).isEqualTo("observe");
        assertThat(infos[0].choices).containsExactly("heal", "observe", "off");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "jdbc:healing:sqlite:a.db                                              | jdbc:sqlite:a.db",
                "jdbc:healing:sqlite:a.db?healing.mode=observe                         | jdbc:sqlite:a.db",
                "JDBC:Healing:SQLite:a.db?HEALING.Mode=observe                         | jdbc:sqlite:a.db",
                "jdbc:healing:sqlite:a.db?journal_mode=WAL&healing.mode=heal           | jdbc:sqlite:a.db?journal_mode=WAL",
                "jdbc:healing:sqlite:a.db?healing.mode=heal&journal_mode=WAL           | jdbc:sqlite:a.db?journal_mode=WAL",
                "jdbc:healing:sqlite:a.db?healing.mode=heal&healing.wait=1s&x=1&y=2    | jdbc:sqlite:a.db?x=1&y=2",
                "jdbc:healing:sqlite:a.db?x=1&healing.mode=heal&y=2                    | jdbc:sqlite:a.db?x=1&y=2",
                "jdbc:healing:sqlite:a b?c.db?healing.mode=heal                        | jdbc:sqlite:a b?c.db",
                "jdbc:healing:sqlite:file:a.db?mode=ro&healing.mode=heal               | jdbc:sqlite:file:a.db?mode=ro",
            })
    void whatReachesSqliteJdbc(String url, String plain) {
        assertThat(HealingUrl.parse(url).plain()).isEqualTo(plain);
    }

    @Test
    void valuesInTheUrlArePercentDecoded() {
        assertThat(HealingUrl.parse("jdbc:healing:sqlite:a.db?healing.schema=my%20schema%26more.sql,100%.sql")
                        .options())
                .containsEntry("healing.schema", "my schema&more.sql,100%.sql");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"with space.db", "ques?tion.db", "per%41cent.db", "\u00e4\u00f6.db", "semi;colon.db"})
    void aPathOfUnusualCharactersHeals(String name, @TempDir Path directory) throws Exception {
        Path database = directory.resolve(name);
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.mode=heal")) {
            Sql.run(connection, "CREATE TABLE a (x)", "INSERT INTO a VALUES (1)", "SELECT 1");
            Sql.runElsewhere(database, "DROP TABLE a");
            assertThat(Sql.rows(connection, "SELECT * FROM a")).isEmpty();
        }
        assertThat(database).exists();
        assertThat(directory.resolve(name + ".healing")).isDirectory();
    }

    @Test
    void modeOffGivesPlainConnections(@TempDir Path directory) throws Exception {
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("a.db") + "?healing.mode=off")) {
            assertThat(connection.getClass().getName()).startsWith("org.sqlite.");
        }
    }

    @Test
    void metadataGivesThePlainUrl(@TempDir Path directory) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + directory.resolve("a.db") + "?healing.mode=heal")) {
            assertThat(connection.getMetaData().getURL()).isEqualTo("jdbc:sqlite:" + directory.resolve("a.db"));
            assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
        }
    }

    @Test
    void anotherDriversUrlIsNotOurs() throws SQLException {
        assertThat(new HealingDriver().connect("jdbc:sqlite:a.db", new Properties()))
                .isNull();
        assertThat(new HealingDriver().acceptsURL("jdbc:sqlite:a.db")).isFalse();
        assertThat(new HealingDriver().acceptsURL(null)).isFalse();
    }

    @Test
    void theAgentSaysThatItKeepsNoArchiveCommitByCommit() throws Exception {
        Map<String, String> given = new TreeMap<>(Map.of("healing.archive", "kept", "healing.archiveKeep", "commit"));
        assertThatThrownBy(() -> HealingOptions.ofAgent(given, Map.of(), "none"))
                .hasMessageContaining("healing.archiveKeep")
                .hasMessageContaining("'commit'")
                .hasMessageContaining("a duration such as 30s");
        given.put("healing.archiveKeep", "30s");
        assertThat(HealingOptions.ofAgent(given, Map.of(), "none")
                        .settings()
                        .upkeep()
                        .keepInterval())
                .isEqualTo(Duration.ofSeconds(30));
    }
}
