package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.healingsqlite.HealingOption.Trust;
import org.healingsqlite.HealingOptions.Place;
import org.healingsqlite.schema.Scripts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A URL is data: what each place may give, by the option's class. */
class OptionTrustTest {
    private static final String COMMAND = "healing.restoreCommand";

    @TempDir
    Path directory;

    @AfterEach
    void nothingIsLeftInTheSystemProperties() {
        System.clearProperty(COMMAND);
        System.clearProperty("healing.allowInUrl");
    }

    private static Stream<HealingOption> powerful() {
        return Arrays.stream(HealingOption.values()).filter(option -> option.trust() == Trust.POWER);
    }

    private static Stream<Place> untrusted(Map<String, String> values) {
        Properties properties = new Properties();
        properties.putAll(values);
        return Stream.of(Place.url(values), Place.properties(properties), Place.workingDirectory(values));
    }

    private static Stream<Place> trusted(Map<String, String> values) {
        return Stream.of(
                Place.setters(values),
                Place.system(values),
                Place.classPath(values),
                new Place("the agent's options", true, values),
                HealingOptions.environment(name -> name.equals("HEALING_RESTORE_COMMAND") ? "true" : null)
                        .get(0));
    }

    private static Stream<Arguments> powerWhereOthersWrite() {
        return powerful()
                .flatMap(option -> untrusted(Map.of(option.key(), "rm -rf /")).map(place -> arguments(option, place)));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("powerWhereOthersWrite")
    void powerIsRefusedWhereOthersWriteAndTheMessageSaysWhereItBelongs(HealingOption option, Place place) {
        assertThatThrownBy(() -> HealingOptions.resolve(List.of(place)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(option.key())
                .hasMessageContaining(place.where())
                .hasMessageContaining("HealingDataSource")
                .hasMessageContaining("system properties")
                .hasMessageContaining(option.environmentVariable())
                .hasMessageNotContaining("rm -rf");
    }

    private static Stream<Place> whereOnlyTheOwnerWrites() {
        return trusted(Map.of(COMMAND, "true"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whereOnlyTheOwnerWrites")
    void powerIsTakenWhereOnlyTheOwnerWrites(Place place) throws SQLException {
        assertThat(HealingOptions.resolve(List.of(place)).settings().sources().restoreCommand())
                .contains("true");
    }

    @ParameterizedTest
    @EnumSource
    void everyPlaceTakesWhatIsPlainOrNamesFiles(HealingOption option) {
        String value = option.choices().isEmpty()
                ? option.defaultValue()
                : option.choices().get(0);
        if (option.trust() != Trust.POWER) {
            assertThat(untrusted(Map.of(option.key(), value)))
                    .allSatisfy(place -> assertThatCode(() -> HealingOptions.resolve(List.of(place)))
                            .doesNotThrowAnyException());
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"restoreCommand", "healing.restoreCommand", "RESTORECOMMAND", "'schema, restoreCommand'"})
    void aTrustedPlaceAllowsWhatItNames(String allowed) throws SQLException {
        assertThat(HealingOptions.resolve(List.of(
                                Place.url(Map.of(COMMAND, "true")),
                                Place.system(Map.of("healing.allowInUrl", allowed))))
                        .settings()
                        .sources()
                        .restoreCommand())
                .contains("true");
    }

    @Test
    void nobodyAllowsHimselfAnything() {
        Map<String, String> both = new TreeMap<>(Map.of(COMMAND, "true", "healing.allowInUrl", "restoreCommand"));
        assertThat(untrusted(both))
                .allSatisfy(place -> assertThatThrownBy(() -> HealingOptions.resolve(List.of(place)))
                        .hasMessageContaining("healing.allowInUrl"));
        assertThatThrownBy(() -> HealingOptions.resolve(
                        List.of(Place.system(Map.of("healing.allowInUrl", "allowInUrl")), Place.url(Map.of()))))
                .hasMessageContaining("healing.allowInUrl");
    }

    @Test
    void aWrongNameInAllowInUrlIsTold() {
        assertThatThrownBy(() ->
                        HealingOptions.resolve(List.of(Place.system(Map.of("healing.allowInUrl", "restorCommand")))))
                .hasMessageContaining("healing.restorCommand")
                .hasMessageContaining("expected healing.restoreCommand");
    }

    @Test
    void scriptsHaveLimitsWhereOthersNameThem() throws SQLException {
        Map<String, String> schema = Map.of("healing.schema", "a.sql", "healing.afterHeal", "b.sql");
        for (Place place : untrusted(schema).toList()) {
            assertThat(HealingOptions.resolve(List.of(place)).settings())
                    .satisfies(
                            settings -> assertThat(settings.schema().limits()).isEqualTo(Scripts.Limits.OF_FILES))
                    .satisfies(settings ->
                            assertThat(settings.afterHeal().limits()).isEqualTo(Scripts.Limits.OF_FILES));
            assertThat(HealingOptions.resolve(List.of(place, Place.system(Map.of("healing.allowInUrl", "schema"))))
                            .settings())
                    .satisfies(
                            settings -> assertThat(settings.schema().limits()).isEqualTo(Scripts.Limits.NONE))
                    .satisfies(settings ->
                            assertThat(settings.afterHeal().limits()).isEqualTo(Scripts.Limits.OF_FILES));
        }
        assertThat(HealingOptions.resolve(List.of(Place.setters(schema)))
                        .settings()
                        .schema()
                        .limits())
                .isEqualTo(Scripts.Limits.NONE);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "healing.restoreCommand=touch%20run",
        "HEALING.RESTORECOMMAND=touch%20run",
        "Healing.restoreCommand=",
        "healing.restoreCommand",
        "healing.mode=off&healing.restoreCommand=touch%20run",
        "journal_mode=WAL&healing.restoreCommand=touch%20run&cache=shared",
        "healing.restoreCommand=a&healing.restoreCommand=b",
        "healing.restore%43ommand=touch%20run",
        "healing.allowInUrl=restoreCommand&healing.restoreCommand=touch%20run",
    })
    void noSpellingGetsACommandIntoAUrl(String query) {
        for (String name : List.of("a.db", "file:a.db", "\u0130.db", ":memory:", "file:b.db?mode=rwc&x=y")) {
            String url = "jdbc:healing:sqlite:" + name.replaceAll("([ab\u0130]\\.db)", directory + "/$1")
                    + (name.contains("?") ? "&" : "?") + query;
            assertThatThrownBy(() -> DriverManager.getConnection(url).close())
                    .as(url)
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("healing.");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aKeyThatIsEncodedAsAWholeIsNoOptionAndRunsNothing() throws Exception {
        String url = "jdbc:healing:sqlite:" + directory.resolve("a.db") + "?healing%2ErestoreCommand=touch%20run";
        assertThat(HealingUrl.parse(url).options()).isEmpty();
    }

    @Test
    void ofADataSourceTheSetterIsTrustedAndUrlAndPropertiesAreNot() throws Exception {
        for (HealingDataSource source : List.of(new HealingDataSource(), new HealingConnectionPoolDataSource())) {
            source.setUrl("jdbc:healing:sqlite:" + directory.resolve("a.db"));
            source.setRestoreCommand("true");
            source.getConnection().close();

            source.setConnectionProperty(COMMAND, "true");
            assertThatThrownBy(source::getConnection).hasMessageContaining("the connection properties");
            source.setConnectionProperty(COMMAND, null);
            source.setUrl("jdbc:healing:sqlite:" + directory.resolve("a.db") + "?healing.restoreCommand=true");
            assertThatThrownBy(source::getConnection).hasMessageContaining("the URL");
            source.setAllowInUrl("restoreCommand");
            source.getConnection().close();
        }
    }

    @Test
    void ofAFileTheOptionsByConstantAreTrustedAndPropertiesAreNot() throws Exception {
        Path file = Files.createFile(directory.resolve("a.db"));
        Properties properties = new Properties();
        properties.setProperty(COMMAND, "true");
        assertThatThrownBy(() -> Healing.of(file, properties)).hasMessageContaining(COMMAND);
        Healing.of(file, Map.of(HealingOption.RESTORE_COMMAND, "true"));
    }

    @Test
    void aFormIsOfferedNoPowerAndToldNone() throws Exception {
        System.setProperty(COMMAND, "fetch --password=secret");
        String url = "jdbc:healing:sqlite:" + directory.resolve("a.db");
        assertThat(new HealingDriver().getPropertyInfo(url, new Properties()))
                .noneMatch(info ->
                        info.name.equals(COMMAND) || String.valueOf(info.value).contains("secret"));
        System.setProperty("healing.allowInUrl", "restoreCommand");
        assertThat(new HealingDriver().getPropertyInfo(url, new Properties()))
                .extracting((DriverPropertyInfo info) -> info.name)
                .contains(COMMAND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\\\host\\share", "//host/share", "\\/host/share"})
    void aDirectoryOfAnotherMachineIsForTrustedPlacesAlone(String share) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("healing.snapshots", share);
        assertThatThrownBy(() -> DriverManager.getConnection(
                                "jdbc:healing:sqlite:" + directory.resolve("a.db"), properties)
                        .close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("healing.snapshots")
                .hasMessageContaining("of another");
        HealingOptions trusted = HealingOptions.resolve(List.of(Place.setters(Map.of("healing.snapshots", share))));
        assertThat(trusted.text(HealingOption.SNAPSHOTS)).isEqualTo(share);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "healing.snapshots, s3://bucket/app",
        "healing.archive, s3://bucket/app",
        "healing.archive, gs:bucket",
        "healing.archive, classpath:archive",
        "healing.snapshots, file:///var/snapshots",
        "healing.snapshots, HTTPS://example.org/",
        "healing.snapshots, xyz+a.b-c:x",
    })
    void aDirectoryWithASchemeIsRefusedAtConnect(String option, String value) {
        Properties properties = new Properties();
        properties.setProperty(option, value);
        assertThatThrownBy(() -> DriverManager.getConnection(
                                "jdbc:healing:sqlite:" + directory.resolve("a.db"), properties)
                        .close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(option)
                .hasMessageContaining(value)
                .hasMessageContaining("a directory of this machine");
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"./s3:bucket", "/tmp/a:b", "snapshots", "a b/c:d"})
    void aDirectoryWhoseNameHasAColonFurtherInIsTaken(String value) throws SQLException {
        assertThat(HealingOptions.resolve(List.of(Place.url(Map.of("healing.snapshots", value))))
                        .settings()
                        .sources()
                        .snapshots())
                .contains(Path.of(value).toAbsolutePath());
    }

    @Test
    void theFirstExampleOfTheReadmeWorks() throws Exception {
        Path schema = Files.writeString(
                directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);");
        try (Connection connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + directory.resolve("app.db") + "?healing.schema=" + schema)) {
            assertThat(connection
                            .createStatement()
                            .executeQuery("SELECT count(*) FROM item")
                            .getInt(1))
                    .isZero();
        }
    }
}
