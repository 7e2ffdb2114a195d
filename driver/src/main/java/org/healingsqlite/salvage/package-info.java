/**
 * Rows, and an honest account of what is lost, out of damaged files. {@link org.healingsqlite.salvage.Salvage} is the door and tells the
 * order: what the files are ({@code DamagedFiles}, {@code GeometrySearch}), which version of each page counts ({@code PageStore}), what tables there
 * were ({@code SchemaSearch}), which pages are whose ({@code TreeWalk}, {@code OrphanPages}), what the rows say ({@code RowReader}), what the indexes
 * know ({@code IndexEvidence}), and the new database ({@code NewDatabase}, {@code LostAndFound}), to which rows go in a second thread ({@code TableWriter},
 * {@code WriteQueue}, {@code RowInserter}). Stands on {@code format}; writes through {@code java.sql} only, but for {@code StagedRows}, a small database of rows on
 * their way that SQLite reads, and never opens the damaged files for writing or with SQLite.
 */
@NullMarked
package org.healingsqlite.salvage;

import org.jspecify.annotations.NullMarked;
