package org.healingsqlite.demo.scenario;

import java.util.List;

/**
 * An application and what breaks it.
 *
 * @param name as on the command line
 */
public record Scenario(String name, String title, List<Act> acts) {
    public Scenario {
        acts = List.copyOf(acts);
    }

    /** The titles of the acts. */
    public List<String> titles() {
        return acts.stream().map(Act::title).toList();
    }
}
