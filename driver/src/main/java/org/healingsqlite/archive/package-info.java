/**
 * Archives: text as the source of rows. {@link org.healingsqlite.archive.Archive} says what files there are and which of them are sound, an
 * {@link org.healingsqlite.archive.ArchiveParser} per format turns a file into rows, {@link org.healingsqlite.archive.ArchiveImport} brings them
 * into a database, and {@link org.healingsqlite.archive.ArchiveExport} writes an archive of one. Snapshots of whole databases are here too. Stands
 * beside {@code plan}: a repair calls it, it decides nothing about when to heal.
 */
@NullMarked
package org.healingsqlite.archive;

import org.jspecify.annotations.NullMarked;
