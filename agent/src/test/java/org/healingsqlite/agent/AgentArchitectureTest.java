package org.healingsqlite.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.sql.DriverManager;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Which of the agent's packages knows what: they are loaded by different class loaders, and a wrong import fails only in somebody's JVM. */
class AgentArchitectureTest {
    private static final String AGENT = "org.healingsqlite.agent";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(AGENT);

    @Test
    void theRulesSeeTheWholeAgent() {
        assertThat(CLASSES.size()).isGreaterThan(20);
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching(AGENT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** A type and its nested ones are one slice. */
    @Test
    void theDoorsTypesHaveNoCircle() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        JavaClass outermost = type;
                        while (outermost.getEnclosingClass().isPresent()) {
                            outermost = outermost.getEnclosingClass().get();
                        }
                        return type.getPackageName().equals(AGENT + ".door")
                                ? SliceIdentifier.of(outermost.getName())
                                : SliceIdentifier.ignore();
                    }

                    @Override
                    public String getDescription() {
                        return "types of the door";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void whatStartsTheAgentDoesNotKnowTheCoreNorItsDoor() {
        noClasses()
                .that()
                .resideOutsideOfPackage(AGENT + ".door..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are loaded beside sqlite-jdbc",
                        type -> type.getPackageName().startsWith(AGENT + ".door")
                                || type.getPackageName().startsWith("org.healingsqlite")
                                        && !type.getPackageName().startsWith(AGENT)))
                .check(CLASSES);
    }

    @Test
    void theDoorDoesNotKnowWhatStartsTheAgent() {
        noClasses()
                .that()
                .resideInAPackage(AGENT + ".door..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(AGENT, AGENT + ".bridge..", AGENT + ".weave..")
                .check(CLASSES);
    }

    @Test
    void weavingAndTheBridgeDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage(AGENT + ".weave..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(AGENT + ".bridge..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(AGENT + ".bridge..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(AGENT + ".weave..")
                .check(CLASSES);
    }

    @Test
    void onlyTheGateAndTheDoorKnowSqliteJdbc() {
        noClasses()
                .that()
                .resideOutsideOfPackage(AGENT + ".door..")
                .and()
                .doNotHaveSimpleName("Gate")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.sqlite..")
                .check(CLASSES);
    }

    /** What is opened past {@code Sqlite.open} the agent would take for the application's. */
    @Test
    void connectionsAreOpenedByTheCoresAdapterOnly() {
        noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "opens a connection past the adapter",
                        call -> call.getTargetOwner().isEquivalentTo(DriverManager.class)
                                || call.getTargetOwner().getName().equals("org.sqlite.JDBC")))
                .check(CLASSES);
    }

    /** The logging system is the application's to set up. */
    @Test
    void whatStartsTheAgentAsksForNoLogger() {
        noClasses()
                .that()
                .resideOutsideOfPackage(AGENT + ".door..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.slf4j..", "java.util.logging..")
                .check(CLASSES);
    }

    @Test
    void everyPackageIsNullMarked() {
        classes()
                .should(ArchConditions.be(DescribedPredicate.describe(
                        "in a null-marked package", type -> type.getPackage().isAnnotatedWith(NullMarked.class))))
                .check(CLASSES);
    }
}
