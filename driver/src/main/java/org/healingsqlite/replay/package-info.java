/**
 * Runs a transaction again that a heal had to roll back, and proves that it is the same: what the application asked, what it was told, and the
 * comparison of both. Knows {@code java.sql}, not the door the calls come through.
 */
@Internal
@NullMarked
package org.healingsqlite.replay;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
