package org.healingsqlite;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.JDBC;

class ArchitectureTest {
    private static final String ROOT = "org.healingsqlite";

    /** From left to right; a package imports only from groups to its left. */
    private static final List<List<String>> GROUPS = List.of(
            List.of("api"),
            List.of("input", "log"),
            List.of("replication"),
            List.of("fault", "format", "files", "schema"),
            List.of("sqlite"),
            List.of("completeness"),
            List.of("salvage", "diagnosis", "replay"),
            List.of("archive", "plan"),
            List.of("repair"),
            List.of("incident"),
            List.of("notify"),
            List.of("heal"),
            List.of("session"),
            List.of("jdbc"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void theRulesSeeTheWholeDriver() {
        assertThat(CLASSES.size()).isGreaterThan(80);
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** A type and its nested ones are one slice. */
    private static SliceAssignment types(String... packages) {
        return new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                JavaClass outermost = type;
                while (outermost.getEnclosingClass().isPresent()) {
                    outermost = outermost.getEnclosingClass().get();
                }
                return List.of(packages).contains(type.getPackageName())
                        ? SliceIdentifier.of(outermost.getName())
                        : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "types of " + List.of(packages);
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"heal", "plan", "repair", "schema", "session", "jdbc"})
    void typesHaveNoCircle(String name) {
        slices().assignedFrom(types(ROOT + "." + name))
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void theRuleOfCirclesSeesOne() {
        JavaClasses control = new ClassFileImporter().importClasses(Ping.class, Pong.class);
        SliceAssignment byClass = new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                return SliceIdentifier.of(type.getName());
            }

            @Override
            public String getDescription() {
                return "classes";
            }
        };
        assertThat(slices().assignedFrom(byClass)
                        .should()
                        .beFreeOfCycles()
                        .evaluate(control)
                        .hasViolation())
                .isTrue();
    }

    /** A negative control: half of a circle. */
    static final class Ping {
        @Nullable
        Pong pong;
    }

    /** A negative control: the other half. */
    static final class Pong {
        @Nullable
        Ping ping;
    }

    @TestFactory
    List<DynamicTest> packagesImportOnlyFromTheirLeft() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int group = 0; group < GROUPS.size(); group++) {
            for (String name : GROUPS.get(group)) {
                List<String> forbidden = new ArrayList<>();
                GROUPS.subList(group, GROUPS.size()).forEach(forbidden::addAll);
                forbidden.remove(name);
                ArchRule rule = noClasses()
                        .that()
                        .resideInAPackage(ROOT + "." + name + "..")
                        .should()
                        .dependOnClassesThat(inPackages(forbidden))
                        .orShould()
                        .dependOnClassesThat(inTheRoot())
                        .allowEmptyShould(true);
                tests.add(DynamicTest.dynamicTest(name, () -> rule.check(CLASSES)));
            }
        }
        return tests;
    }

    private static DescribedPredicate<JavaClass> inPackages(List<String> names) {
        return DescribedPredicate.describe(
                "in one of " + names,
                type -> names.stream()
                        .map(name -> ROOT + "." + name)
                        .anyMatch(name -> type.getPackageName().equals(name)
                                || type.getPackageName().startsWith(name + ".")));
    }

    private static DescribedPredicate<JavaClass> inTheRoot() {
        return DescribedPredicate.describe(
                "in the root package", type -> type.getPackageName().equals(ROOT));
    }

    @Test
    void onlyFaultAndTheAdapterKnowSqliteJdbc() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".fault", ROOT + ".sqlite")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.sqlite..")
                .check(CLASSES);
    }

    /** What is opened past {@code Sqlite.open} the agent takes for the application's, and heals. */
    private static final ArchRule CONNECTIONS_ARE_OPENED_IN_ONE_PLACE = noClasses()
            .that()
            .doNotBelongToAnyOf(Sqlite.class)
            .should()
            .callMethodWhere(DescribedPredicate.describe("opens a connection", ArchitectureTest::opensPastTheAdapter))
            .orShould()
            .callConstructorWhere(DescribedPredicate.describe(
                    "makes a connection or a driver of sqlite-jdbc's",
                    call -> call.getTargetOwner().getPackageName().startsWith("org.sqlite")
                            && call.getTargetOwner().getSimpleName().matches("JDBC|.*DataSource|.*Connection")));

    private static boolean opensPastTheAdapter(JavaMethodCall call) {
        String owner = call.getTargetOwner().getName();
        return owner.equals("java.sql.DriverManager")
                        && List.of("getConnection", "getDriver", "getDrivers").contains(call.getName())
                || owner.equals("org.sqlite.JDBC") && call.getName().matches("createConnection|connect");
    }

    @Test
    void connectionsOfOursAreOpenedInOnePlace() {
        CONNECTIONS_ARE_OPENED_IN_ONE_PLACE.check(CLASSES);
    }

    @Test
    void theRuleOfOnePlaceSeesWhoeverOpensAnotherWay() {
        for (Class<?> control : List.of(ByDriverManager.class, ByDriver.class)) {
            assertThat(CONNECTIONS_ARE_OPENED_IN_ONE_PLACE
                            .evaluate(new ClassFileImporter().importClasses(control))
                            .hasViolation())
                    .as(control.getSimpleName())
                    .isTrue();
        }
    }

    /** A negative control: never run. */
    static final class ByDriverManager {
        static Connection open() throws SQLException {
            return DriverManager.getConnection("jdbc:sqlite::memory:");
        }
    }

    /** A negative control: never run. */
    static final class ByDriver {
        static JDBC make() {
            return new JDBC();
        }
    }

    @Test
    void onlyTheLogKnowsSlf4j() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".log")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.slf4j..")
                .check(CLASSES);
    }

    /** They read what SQLite says, or repeat to the application what is its own, or tell what is wrong in a file of settings. */
    private static final Set<String> READERS_OF_MESSAGES = Set.of(
            "FaultReader",
            "FileShape",
            "Sqlite",
            "NewDatabase",
            "TableLoader",
            "BatchProgress",
            "LineTemplate",
            "FieldTime",
            "Manifest",
            "GivenSchema",
            "SchemaRepair",
            "ReportedError");

    @Test
    void whatAnExceptionSaysIsToldThroughDisclosure() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".log")
                .and(DescribedPredicate.describe(
                        "are not " + READERS_OF_MESSAGES, type -> !READERS_OF_MESSAGES.contains(type.getSimpleName())))
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "asks an exception for its message",
                        (JavaMethodCall call) -> call.getName().equals("getMessage")
                                && call.getTargetOwner().isAssignableTo(Throwable.class)))
                .check(CLASSES);
    }

    @Test
    void everyPackageIsNullMarked() {
        classes()
                .should(com.tngtech.archunit.lang.conditions.ArchConditions.be(DescribedPredicate.describe(
                        "in a null-marked package", type -> type.getPackage().isAnnotatedWith(NullMarked.class))))
                .check(CLASSES);
    }

    /** Where there is no log, a loss is told all the same. */
    @Test
    void nothingPrintsToTheConsoleButTheLastResort() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(ROOT + ".log.LastResort")
                .should(com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS)
                .check(CLASSES);
    }

    @Test
    void testClassesEndInTest() {
        JavaClasses tests = new ClassFileImporter()
                .withImportOption(new ImportOption.OnlyIncludeTests())
                .importPackages(ROOT);
        classes()
                .that(DescribedPredicate.describe("hold tests", ArchitectureTest::holdsTests))
                .should()
                .haveSimpleNameEndingWith("Test")
                .check(tests);
    }

    private static boolean holdsTests(JavaClass type) {
        return type.isTopLevelClass()
                && type.getMethods().stream()
                        .anyMatch(method ->
                                method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(TestFactory.class));
    }
}
