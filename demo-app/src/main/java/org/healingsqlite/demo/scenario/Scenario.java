package org.healingsqlite.demo.scenario;

import java.util.List;

/**
 * An application and what breaks it.
 *
 * @param name as on the command line
 */
public record Scenario(String name, String title, List<Act> acts) {
    /** Every scenario there is. */
    public static final List<Scenario> ALL = List.of(TrainerAct.SCENARIO, PrayersAct.SCENARIO, ExperimentsAct.SCENARIO);

    public Scenario {
        acts = List.copyOf(acts);
    }

    /** The titles of the acts. */
    public List<String> titles() {
        return acts.stream().map(Act::title).toList();
    }
}
