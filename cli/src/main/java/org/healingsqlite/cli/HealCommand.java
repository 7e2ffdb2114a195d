package org.healingsqlite.cli;

import java.sql.SQLException;
import java.util.Map;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingOption;
import org.healingsqlite.incident.Outcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code heal}: what an application's driver would do, done now. */
@Command(
        name = "heal",
        description =
                "Looks for damage and heals it in place, also while applications use the database. A copy of the damaged files is kept first.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no damage, or healed and every row is proven to be there",
            "1:healed; rows were lost, or it is not known whether they were",
            "2:not healed; the database is as it was",
            "3:wrong use"
        })
final class HealCommand extends RepairCommand {
    @Option(names = "--refuse-loss", description = "leave the database as it is where not everything can be recovered")
    private boolean refuseLoss;

    @Option(
            names = "--go-on",
            description =
                    "heals although it was damaged again and again, or a heal of the same damage has failed before")
    private boolean goOn;

    @Override
    void addOptions(Map<HealingOption, String> options) {
        options.put(HealingOption.ON_LOSS, refuseLoss ? "refuse" : "accept");
    }

    @Override
    Outcome repair(Healing healing) throws SQLException {
        if (goOn) {
            healing.resetBreakers();
        }
        return healing.heal();
    }
}
