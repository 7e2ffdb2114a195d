package org.healingsqlite.demo.scenario;

import java.util.List;

/** Every scenario there is. */
public final class Scenarios {
    public static final List<Scenario> ALL = List.of(
            TrainerAct.SCENARIO,
            ConversationsScenario.SCENARIO,
            PrayersAct.SCENARIO,
            BackupsAct.SCENARIO,
            ExperimentsAct.SCENARIO);

    private Scenarios() {}
}
