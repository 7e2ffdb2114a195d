/**
 * The file format as bytes: what salvage stands on. Decodes a database file, its write-ahead log and its rollback journal without SQLite and
 * without writing. Damage is data here: bad bytes give a value that says so, never an exception. Read in the order of the format's layers:
 * {@link org.healingsqlite.format.Bytes}, {@link org.healingsqlite.format.Varint}, {@link org.healingsqlite.format.Geometry},
 * {@link org.healingsqlite.format.DatabaseHeader}, {@link org.healingsqlite.format.CellCursor}, {@link org.healingsqlite.format.BtreePage},
 * {@link org.healingsqlite.format.RecordCursor}, {@link org.healingsqlite.format.CellSearch}; then
 * {@link org.healingsqlite.format.PointerMap}, {@link org.healingsqlite.format.FreelistTrunk}, {@link org.healingsqlite.format.WriteAheadLog} and
 * {@link org.healingsqlite.format.RollbackJournal}.
 */
@Internal
@NullMarked
package org.healingsqlite.format;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
