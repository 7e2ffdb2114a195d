package org.healingsqlite.demo.scenario;

import java.time.Duration;
import java.util.List;
import org.healingsqlite.demo.Lane;

/** A system and the faults it meets. */
public interface Scenario {
    /** The id in the acceptance checklist, for example {@code S0}. */
    String id();

    String title();

    /** The registered schema of the healing lane. */
    String schema();

    /**
     * Plays the scenario in one lane: the same application, the same faults.
     *
     * @param pace the length of one phase between two faults
     * @return what is wrong with the data at the end; empty where everything is right
     */
    List<String> play(Lane lane, Duration pace) throws Exception;
}
