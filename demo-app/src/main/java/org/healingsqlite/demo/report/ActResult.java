package org.healingsqlite.demo.report;

import java.util.ArrayList;
import java.util.List;

/**
 * What an act came to.
 *
 * @param act its scenario and title
 * @param lanes what each lane came to
 */
public record ActResult(String act, Lanes<LaneResult> lanes) {

    /** Why the act failed; empty where it did not. A plain lane without errors is a failure too: then nothing was broken, or nobody looked. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>();
        for (Lane lane : Lane.values()) {
            Tally before = lanes.get(lane).before();
            if (before.errors() > 0) {
                failures.add("the " + lane.label() + " lane saw " + before.errors() + " errors before the fault, first "
                        + before.firstError());
            }
        }
        Tally healed = lanes.healing().after();
        if (healed.errors() > 0) {
            failures.add("the healing lane saw " + healed.errors() + " errors, first " + healed.firstError());
        }
        if (healed.calls() == 0) {
            failures.add("the healing lane made no call after the fault");
        }
        lanes.healing().findings().forEach(finding -> failures.add("the healing lane's database: " + finding));
        if (lanes.plain().after().errors() == 0) {
            failures.add("the plain lane saw no error, so the fault was not there");
        }
        return failures;
    }
}
