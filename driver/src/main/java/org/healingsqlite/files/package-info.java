/**
 * A database as files: the main file with its {@code -wal}, {@code -shm} and {@code -journal}, who it is on disk, the side directory beside it,
 * the lock between processes, and the watch that notices a deleted or replaced file. The only code that touches disk outside SQLite.
 */
@Internal
@NullMarked
package org.healingsqlite.files;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
