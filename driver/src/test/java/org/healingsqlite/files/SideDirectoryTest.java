package org.healingsqlite.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.files.SideDirectory.Standing;
import org.healingsqlite.testkit.Planted;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is believed of the directory beside a database, and what is not. */
@DisabledOnOs(OS.WINDOWS)
class SideDirectoryTest {
    /** Everything that is read or opened by its name. */
    private static final String NAMES =
            "version,lock,rescues,heal.journal,incidents.db,incidents.db-journal,incidents.db-wal,incidents.db-shm";

    @TempDir
    Path directory;

    private DatabaseFile database;
    private SideDirectory side;

    @BeforeEach
    void makeDatabase() throws IOException {
        database = DatabaseFile.at(Files.createFile(directory.resolve("app.db")));
        Planted.chmod(database.main(), "rw-r--r--");
        side = database.side();
    }

    private void assertRefused(String... words) {
        assertThat(side.standing())
                .isInstanceOfSatisfying(
                        Standing.NotOurs.class, not -> assertThat(not.why()).contains(words));
        assertThatThrownBy(() -> side.create()).isInstanceOf(SideDirectoryException.class);
        assertThatThrownBy(() -> side.read(side.rescues(), 10)).isInstanceOf(SideDirectoryException.class);
        assertThatThrownBy(() -> side.replace(side.rescues(), new byte[0])).isInstanceOf(SideDirectoryException.class);
        assertThatThrownBy(() -> side.reserve("app.db", "rescued", Instant.now()))
                .isInstanceOf(SideDirectoryException.class);
        assertThatThrownBy(() -> side.prepare(side.incidents())).isInstanceOf(SideDirectoryException.class);
    }

    @Test
    void whatThisProcessMakesIsItsOwnAndPrivate() throws IOException {
        assertThat(side.standing()).isInstanceOf(Standing.Absent.class);
        side.create();
        side.replace(side.rescues(), "text".getBytes(StandardCharsets.UTF_8));
        side.prepare(side.incidents());
        Path kept = side.reserve("app.db", "rescued_0123ab", Instant.now());

        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        assertThat(side.read(side.rescues(), 4))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("text");
        assertThat(side.problemOf(kept)).isEmpty();
        for (Path each : Planted.all(side.path())) {
            assertThat(Planted.mode(each))
                    .as("%s", each)
                    .isEqualTo(Files.isDirectory(each) ? "rwx------" : "rw-------");
        }
    }

    @Test
    void itIsWholeForEverybodyWhileManyMakeItAtOnce() throws Exception {
        int makers = 8;
        CyclicBarrier together = new CyclicBarrier(makers);
        ExecutorService threads = Executors.newFixedThreadPool(makers);
        try {
            for (int round = 0; round < 50; round++) {
                DatabaseFile each = DatabaseFile.at(directory.resolve("round" + round + ".db"));
                List<Callable<Standing>> tasks = Collections.nCopies(makers, () -> {
                    together.await();
                    each.side().create();
                    return each.side().standing();
                });
                for (Future<Standing> seen : threads.invokeAll(tasks)) {
                    assertThat(seen.get()).isInstanceOf(Standing.Ours.class);
                }
                assertThat(Planted.all(each.side().path()).stream()
                                .map(path -> path.getFileName().toString()))
                        .as("nothing of theirs is left")
                        .filteredOn(name -> name.startsWith("version"))
                        .containsExactly("version");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoIsInterruptedSeesWhoseItIsAndStaysInterrupted() throws IOException {
        side.create();
        Thread.currentThread().interrupt();
        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aDirectoryThatOthersCanOnlyReadIsTakenFromThem() throws IOException {
        Files.createDirectory(side.path());
        Planted.chmod(side.path(), "rwxr-xr-x");
        side.create();
        assertThat(Planted.mode(side.path())).isEqualTo("rwx------");
    }

    @ParameterizedTest(name = "mode {0}")
    @CsvSource({
        "rwxrwxrwx,everybody may write",
        "rwx----w-,everybody may write",
        "rwxrwx---,may write to it, and not to the database"
    })
    void aDirectoryThatOthersMayWriteToIsNotBelieved(String mode, String why) throws IOException {
        Files.createDirectory(side.path());
        Planted.chmod(side.path(), mode);
        assertRefused(side.path().toString(), mode, why);
    }

    @Test
    void aDirectoryOfAnotherUserIsNotBelieved() throws IOException {
        assumeTrue(Planted.isAdministrator(), "only the administrator can make another user's directory");
        Files.createDirectory(side.path());
        Planted.chmod(side.path(), "rwx------");
        Planted.give(side.path(), Planted.STRANGER);
        assertRefused(side.path() + " belongs to user nobody, expected root");
    }

    @Test
    void aDirectoryOfTheDatabasesOwnerIsBelieved() throws IOException {
        assumeTrue(Planted.isAdministrator(), "only the administrator can make another user's directory");
        side.create();
        Planted.give(side.path(), Planted.STRANGER);
        Planted.give(database.main(), Planted.STRANGER);
        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        Path kept = side.reserve("app.db", "rescued_0123ab", Instant.now());
        assertThat(Files.getAttribute(kept, "unix:uid")).as("it is its owner's").isEqualTo(Planted.STRANGER);
    }

    @Test
    void whoTakesADeletedDatabasesPlaceDoesNotOwnItsSideDirectory() throws IOException {
        assumeTrue(Planted.isAdministrator(), "only the administrator can make another user's directory");
        LastOwnership.note(database);
        // As long as somebody has it open, no other file has its number.
        try (FileChannel held = FileChannel.open(database.main())) {
            Files.delete(database.main());
            Files.createFile(database.main());
            assertThat(held.isOpen()).isTrue();
        }
        Planted.give(database.main(), Planted.STRANGER);
        Files.createDirectory(side.path());
        Planted.give(side.path(), Planted.STRANGER);
        assertRefused("belongs to user nobody");
    }

    @Test
    void aLinkToADirectoryOfOnesOwnIsNotFollowed() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        Planted.chmod(other, "rwx------");
        Files.createSymbolicLink(side.path(), other);
        assertRefused("expected a directory at", "found a symbolic link");
        assertThat(Planted.all(other)).containsExactly(other);
    }

    @Test
    void aFileInItsPlaceIsNoDirectory() throws IOException {
        Files.createFile(side.path());
        assertRefused("expected a directory at", "found a file");
    }

    static List<String> names() {
        return List.of(NAMES.split(","));
    }

    @ParameterizedTest(name = "{0}")
    @org.junit.jupiter.params.provider.MethodSource("names")
    void aLinkInPlaceOfAFileIsNotFollowed(String name) throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "1");
        side.create();
        Path file = side.path().resolve(name);
        Files.deleteIfExists(file);
        Files.createSymbolicLink(file, secret);
        assertRefused("expected a file at " + file, "found a symbolic link");
        assertThat(secret).hasContent("1");
    }

    @ParameterizedTest(name = "{0}")
    @org.junit.jupiter.params.provider.MethodSource("names")
    void aSecondNameOfAnotherFileIsRefused(String name) throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "1");
        side.create();
        Path file = side.path().resolve(name);
        Files.deleteIfExists(file);
        Files.createLink(file, secret);
        assertRefused(file + " has 2 names, expected one");
        assertThat(secret).hasContent("1");
    }

    @ParameterizedTest(name = "{0}")
    @org.junit.jupiter.params.provider.MethodSource("names")
    void aPipeOrADirectoryInPlaceOfAFileIsRefusedAndNotOpened(String name) throws Exception {
        side.create();
        Path file = side.path().resolve(name);
        Files.deleteIfExists(file);
        Process mkfifo = new ProcessBuilder("mkfifo", file.toString()).start();
        assumeTrue(mkfifo.waitFor() == 0, "no mkfifo here");
        // Whoever opened it would wait for ever.
        assertRefused("expected a file at " + file, "found neither a file nor a directory");
        Files.delete(file);
        Files.createDirectory(file);
        assertRefused("expected a file at " + file, "found a directory");
    }

    @ParameterizedTest(name = "{0}")
    @org.junit.jupiter.params.provider.MethodSource("names")
    void aFileOfAnotherUserOrThatOthersMayWriteToIsRefused(String name) throws IOException {
        side.create();
        Path file = side.path().resolve(name);
        Files.deleteIfExists(file);
        Files.writeString(file, "1");
        Planted.chmod(file, "rw-rw-rw-");
        assertRefused(file + " has permissions rw-rw-rw-: everybody may write to it");
        Planted.chmod(file, "rw-rw----");
        assertRefused(file + " has permissions rw-rw----");
        if (Planted.isAdministrator()) {
            Planted.chmod(file, "rw-------");
            Planted.give(file, Planted.STRANGER);
            assertRefused(file + " belongs to user nobody");
        }
    }

    @Test
    void aLinkInPlaceOfTheQuarantineIsNotFollowed() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        side.create();
        Files.createSymbolicLink(side.quarantine(), other);
        assertRefused("expected a directory at " + side.quarantine(), "found a symbolic link");
        assertThat(Planted.all(other)).containsExactly(other);
    }

    @Test
    void anUnversionedDirectoryOfAnEarlierReleaseIsAdopted() throws IOException {
        Files.createDirectory(side.path());
        Planted.chmod(side.path(), "rwx------");
        Files.writeString(side.incidents(), "");
        Planted.chmod(side.incidents(), "rw-r--r--");
        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        side.create();
        assertThat(side.path().resolve("version")).hasContent("1\n");
    }

    @ParameterizedTest(name = "version \"{0}\"")
    @ValueSource(strings = {"2", "2\n", "999999999"})
    void aDirectoryOfANewerReleaseIsNotTouched(String version) throws IOException {
        side.create();
        Files.writeString(side.path().resolve("version"), version);
        List<Path> before = Planted.all(side.path());
        assertRefused("is of a newer release: its version is " + version.strip() + ", this release knows 1");
        assertThat(Planted.all(side.path())).isEqualTo(before);
        assertThat(side.path().resolve("version")).hasContent(version);
    }

    @ParameterizedTest(name = "version \"{0}\"")
    @ValueSource(strings = {"", "one", "0", "-1", "1 2", "1.5", "12345678901234567890123"})
    void whatIsNoVersionIsNotGuessed(String version) throws IOException {
        side.create();
        Files.writeString(side.path().resolve("version"), version);
        assertRefused(side.path().resolve("version").toString(), "xpected");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "../../secret",
                "/etc/passwd",
                "..",
                ".",
                "quarantine/app_rescued_0123ab_20261121_101112.db",
                "evil.db",
                "app.db",
                "app_rescued_0123ab_20261121_101112.db/../../../secret",
                "app_rescued_0123ab_20261121_101112.db-wal/x",
                "other_rescued_0123ab_20261121_101112.db",
                "app_corrupted_20261121_101112.db",
                "app_rescued_0123ab_20261121_101112\\..\\x.db"
            })
    void aLineThatNamesAnotherFileThanARescuedOneIsNone(String name) throws IOException {
        side.create();
        Files.createDirectories(side.quarantine());
        Path secret = Files.writeString(directory.resolve("secret"), "mine");
        side.replace(
                side.rescues(),
                ("(dev=1,ino=2)\t2030-01-01T00:00:00Z\ttrue\t" + name + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(new RescueLog(database).pending()).isEmpty();
        assertThat(secret).hasContent("mine");
    }

    @Test
    void aLineThatNamesARescuedOneIsBelieved() throws IOException {
        Path copy = side.reserve("app.db", "rescued_0123ab", Instant.parse("2026-11-21T10:11:12Z"));
        side.replace(
                side.rescues(),
                ("(dev=1,ino=2)\t2030-01-01T00:00:00Z\ttrue\t" + copy.getFileName() + "\n")
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(new RescueLog(database).pending()).isPresent();
    }

    @Test
    void aCopyThatWasExchangedForALinkIsNotPutBack() throws IOException {
        Path copy = side.reserve("app.db", "rescued_0123ab", Instant.now());
        Path secret = Files.writeString(directory.resolve("secret"), "mine");
        Files.delete(copy);
        Files.createSymbolicLink(copy, secret);
        assertThat(side.problemOf(copy)).contains("expected a file at " + copy + ", found a symbolic link");
        Files.delete(copy);
        Files.createLink(copy, secret);
        assertThat(side.problemOf(copy)).contains(copy + " has 2 names, expected one");
    }

    @Test
    void aLogOfRescuesThatIsTooLongIsNotRead() throws IOException {
        side.create();
        side.replace(side.rescues(), "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> new RescueLog(database).pending())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(side.rescues() + ": expected at most 65536 bytes, found 1048576");
    }

    @Test
    void theGroupOfASharedDatabaseHasAPartInIt() throws IOException {
        Planted.chmod(database.main(), "rw-rw----");
        side.create();
        Path kept = side.reserve("app.db", "rescued_0123ab", Instant.now());
        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        assertThat(Planted.mode(side.path())).isEqualTo("rwxrwx---");
        assertThat(Planted.mode(side.quarantine())).isEqualTo("rwxrwx---");
        assertThat(Planted.mode(kept)).isEqualTo("rw-rw----");
    }

    @Test
    void theGroupIsTheDatabasesWhoeverMadeTheDirectory() throws IOException {
        assumeTrue(Planted.isAdministrator(), "only the administrator can give files to any group");
        Planted.chmod(database.main(), "rw-rw-r--");
        Files.setAttribute(database.main(), "unix:gid", 1234);
        side.create();
        Path kept = side.reserve("app.db", "rescued_0123ab", Instant.now());
        for (Path each : List.of(side.path(), side.quarantine(), kept)) {
            assertThat(Files.getAttribute(each, "unix:gid")).as("%s", each).isEqualTo(1234);
        }
        assertThat(side.standing()).isInstanceOf(Standing.Ours.class);
        Files.setAttribute(side.path(), "unix:gid", 4321);
        assertRefused("may write to it, and not to the database");
    }

    /** Everybody may make directories here, and these get this one's group whoever makes them. */
    @Test
    void whereDirectoriesInheritTheirGroupOnlyTheOwnerCounts() throws IOException {
        assumeTrue(Planted.isAdministrator(), "only the administrator can make another user's directory");
        Files.setAttribute(directory, "unix:gid", 1234);
        Files.setAttribute(database.main(), "unix:gid", 1234);
        Planted.chmod(database.main(), "rw-rw----");
        Files.createDirectory(side.path());
        Files.setAttribute(side.path(), "unix:gid", 1234);
        Planted.chmod(side.path(), "rwxrwx---");
        Planted.give(side.path(), Planted.STRANGER);

        Files.setAttribute(directory, "unix:mode", 02777);
        assertRefused(side.path() + " belongs to user nobody");

        Files.setAttribute(directory, "unix:mode", 02770);
        assertThat(side.standing())
                .as("only the group may make directories here: one of its members did")
                .isInstanceOf(Standing.Ours.class);
    }

    /** What another user exchanges the directory for, who may rename it. */
    enum Exchange {
        ANOTHER_USERS {
            @Override
            void make(Path at, Path elsewhere) throws IOException {
                assumeTrue(Planted.isAdministrator(), "only the administrator can make another user's directory");
                fill(Files.createDirectory(at), "rwx------");
                Planted.give(at, Planted.STRANGER);
            }
        },
        EVERYBODY_MAY_WRITE {
            @Override
            void make(Path at, Path elsewhere) throws IOException {
                fill(Files.createDirectory(at), "rwxrwxrwx");
            }
        },
        A_LINK {
            @Override
            void make(Path at, Path elsewhere) throws IOException {
                fill(Files.createDirectory(elsewhere), "rwx------");
                Files.createSymbolicLink(at, elsewhere);
            }
        };

        abstract void make(Path at, Path elsewhere) throws IOException;

        static void fill(Path directory, String permissions) throws IOException {
            Files.writeString(directory.resolve("rescues"), "planted");
            Files.writeString(directory.resolve("version"), "1");
            Planted.chmod(directory, permissions);
        }
    }

    @ParameterizedTest
    @EnumSource(Exchange.class)
    void aDirectoryThatIsExchangedAfterItWasLookedAtIsNeitherReadNorWritten(Exchange exchange) throws IOException {
        side.create();
        side.replace(side.rescues(), "own".getBytes(StandardCharsets.UTF_8));
        SideRules rules = side.requireOurs();
        assertThat(side.read(rules, "rescues", 10))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("own");

        Files.move(side.path(), directory.resolve("away"));
        Path elsewhere = directory.resolve("elsewhere");
        exchange.make(side.path(), elsewhere);

        assertThatThrownBy(() -> side.read(rules, "rescues", 10)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> side.channel(rules, "rescues", Set.of(StandardOpenOption.WRITE)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() ->
                        side.channel(rules, "new", Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)))
                .isInstanceOf(IOException.class);
        assertThat(side.path().resolve("rescues")).hasContent("planted");
        assertThat(side.path().resolve("new")).doesNotExist();
    }
}
