package org.healingsqlite.cli;

import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code undrop}: rows of dropped tables, out of free pages and the log. */
@Command(
        name = "undrop",
        description =
                "Brings back tables that were dropped, with the rows that are left of them in free pages and in the log: of the copy"
                        + " that was kept when the tables were made again, else of the database as it is. Rows that are there stay."
                        + " --schema gives the tables whose statement the files no longer tell.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:brought back, and every row is proven to be there",
            "1:brought back; rows are lost, or it is not known whether they are",
            "2:nothing was brought back; the database is as it was",
            "3:wrong use"
        })
final class UndropCommand extends RepairCommand {
    @Parameters(
            index = "1..*",
            paramLabel = "TABLE",
            description = "the tables to bring back (default: all of which anything is left)")
    private List<String> tables = List.of();

    @Override
    Outcome repair(Healing healing) throws SQLException {
        return healing.undrop(tables.toArray(String[]::new));
    }
}
