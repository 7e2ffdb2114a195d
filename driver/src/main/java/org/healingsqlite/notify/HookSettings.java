package org.healingsqlite.notify;

import java.util.Optional;

/**
 * Commands of the operator's that run after a heal.
 *
 * @param afterRescue after the content of a lost file has come back, or connections have gone over to another file: whoever else holds the old one has to open it anew
 * @param afterHeal after the content or the schema of a file was healed in place
 */
public record HookSettings(Optional<String> afterRescue, Optional<String> afterHeal) {

    public boolean isNone() {
        return afterRescue.isEmpty() && afterHeal.isEmpty();
    }
}
