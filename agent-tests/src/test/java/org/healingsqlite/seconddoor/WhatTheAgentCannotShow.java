package org.healingsqlite.seconddoor;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The driver's tests that say nothing of the agent, each with its reason. Registered for every test of this module. */
public final class WhatTheAgentCannotShow implements ExecutionCondition, AfterEachCallback {
    private static final String QUIET = "the agent says warnings and errors only";
    private static final String OPENS =
            "a schema that cannot be brought in is an error in the log, and the application runs as without the agent";

    private static final String OWN =
            "what an application's own constraint or cancel did to its transaction is as with sqlite-jdbc alone, which WovenDifferentialTest holds to";

    private static final String KEEPS = "the agent keeps archives at intervals, not commit by commit";

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("TrainerAcceptanceTest.s0_11_levelsOfTheLog", QUIET),
            Map.entry("TrainerAcceptanceTest.s0_20_everyExceptionIsLoggedWithStatementAndPath", QUIET),
            Map.entry("Initialisation.s1_02_theSchemaIsAppliedOnceAndNotAgainAtTheFirstStatement", QUIET),
            Map.entry("Initialisation.s1_23_theLogTellsOfStartSizeSuccessTimeAndPath", QUIET),
            Map.entry("TrainerAcceptanceTest.s0_10_anErrorOfInitialisationIsLoggedAndThrown", OPENS),
            Map.entry("Failure.s1_18_aBrokenScriptLeavesNothingAndCanBeMended", OPENS),
            Map.entry("Failure.s1_19_aMissingSchemaPathIsNamed", OPENS),
            Map.entry("SchemaSourceFailureTest.itIsRefusedWhereTheSchemaIsRequired", OPENS),
            Map.entry("SchemaSourceFailureTest.aSourceThatIsMissingOrMalformedIsAlwaysAnException", OPENS),
            Map.entry("SchemaSourceFailureTest.aMigrationThatFailsOnADatabaseWithoutTablesFailsFast", OPENS),
            Map.entry(
                    "TransactionReplayTest.afterUnwrapNobodyKnowsWhatElseRan",
                    "sqlite-jdbc's own connection is what the application has in any case"),
            Map.entry(
                    "TransactionOutcomeTest.aPoisonedTransactionIsReplayedAtItsCommit",
                    "runs a statement past the driver; nothing of sqlite-jdbc is past the agent"),
            Map.entry(
                    "RescueTest.anOpenResultSetReadsOnWhileTheConnectionMoves",
                    "a result set that was open when the native handle was exchanged ends with an exception"),
            Map.entry("TransactionOutcomeTest.anAutomaticRollbackIsNoticed", OWN),
            Map.entry("TransactionOutcomeTest.rollbackAfterAnAutomaticRollbackIsNoErrorAndBeginsAnew", OWN),
            Map.entry("TransactionOutcomeTest.aWriteThatWasInterruptedIsNoticed", OWN),
            Map.entry("UpkeepTest.aKeptArchiveIsMendedFromTheDatabase", KEEPS),
            Map.entry("KeptArchiveTest.everyWayToCommitIsInTheArchiveWhenTheCallReturns", KEEPS),
            Map.entry("KeptArchiveTest.whatTheApplicationAsksAfterAStatementIsWhatItWouldBeWithoutTheArchive", KEEPS),
            Map.entry("KeptArchiveTest.theSchemaMayChange", KEEPS),
            Map.entry("KeptArchiveTest.anotherProcessMayChangeTheSchemaUnderTheWatch", KEEPS),
            Map.entry("KeptArchiveTest.aHealOfTheSchemaIsNotHinderedAndIsInTheArchive", KEEPS),
            Map.entry("KeptArchiveTest.nobodyWaitsInACircle", KEEPS),
            Map.entry("KeptArchiveTest.damageCostsNothing", KEEPS),
            Map.entry("KeptArchiveTest.theFileIsDeletedUnderneathAndWorkGoesOn", KEEPS),
            Map.entry("KeptArchiveTest.aLogThatIsDeletedIsNotWrittenOverTheDatabase", KEEPS),
            Map.entry("KeptArchiveTest.aDirectoryThatCannotBeHadIsToldAndNothingElse", KEEPS),
            Map.entry("KeptArchiveTest.aDirectoryThatGoesAwayIsNoConcernOfTheApplication", KEEPS),
            Map.entry("KeptArchiveTest.aFullDiskIsNoConcernOfTheApplication", KEEPS),
            Map.entry("KeptArchiveTest.withoutAnArchiveItCannotBeKept", KEEPS),
            Map.entry("KeptArchiveTest.theThreadEndsAfterTheLastConnection", KEEPS),
            Map.entry("KeptArchiveTest.everyAcknowledgedCommitIsBack", KEEPS),
            Map.entry("KeptArchiveTest.everyAcknowledgedCommitIsBackAfterThreeHundredKills", KEEPS),
            Map.entry(
                    "DamagePolicyTest.s2_32_aProbeThatTouchesNoPageHidesNothingFromIsValid",
                    "isValid is sqlite-jdbc's own"),
            Map.entry("DamagePolicyTest.aMissingAfterHealScriptIsAnErrorAtConnect", OPENS),
            Map.entry(
                    "PipeBesideDatabaseTest.isNotOpened",
                    "what the core refuses to open is an error in the log, and sqlite-jdbc's own connection is opened, which waits"),
            Map.entry(
                    "CrossCuttingAcceptanceTest.databasesWithoutAFileGetTheirSchemaAndNoHealing",
                    "a database in memory is an application's own business, where nobody has named it in a URL"),
            Map.entry(
                    "ExperimentsAcceptanceTest.s4_16_anOpenResultSetOfASharedConnectionReadsOnWhileAnotherStatementMoves",
                    "a result set that was open when the native handle was exchanged ends with an exception"),
            Map.entry(
                    "ExperimentsAcceptanceTest.s4_13_anErrorThatRemainsIsSqlitesOwnWithTheIncidentOnIt",
                    "looks for a class of the driver; the agent's has another name"));

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        String name = context.getTestClass().map(Class::getSimpleName).orElse("")
                + context.getTestMethod().map(method -> '.' + method.getName()).orElse("");
        return Optional.ofNullable(REASONS.get(name))
                .map(ConditionEvaluationResult::disabled)
                .orElse(ConditionEvaluationResult.enabled("through the agent"));
    }

    /** The core writes its incidents in the background: a test's directory is deleted only after the last one. */
    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        AgentCore.call(AgentCore.type("org.healingsqlite.incident.IncidentLog"), "await", Duration.ofSeconds(10));
    }
}
