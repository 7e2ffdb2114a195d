/** One class for each rung of the ladder; its result says what changed. */
@NullMarked
package org.healingsqlite.repair;

import org.jspecify.annotations.NullMarked;
