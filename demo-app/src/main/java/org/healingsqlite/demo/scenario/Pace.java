package org.healingsqlite.demo.scenario;

import java.time.Duration;

/**
 * How fast the application's time goes by.
 *
 * @param speed seconds of the application in one second of the demo
 */
public record Pace(double speed) {
    public Pace {
        if (!(speed > 0)) {
            throw new IllegalArgumentException("speed: expected more than 0, found " + speed);
        }
    }

    /** How long something lasts in the demo. */
    Duration of(Duration applicationTime) {
        return Duration.ofNanos((long) (applicationTime.toNanos() / speed));
    }
}
