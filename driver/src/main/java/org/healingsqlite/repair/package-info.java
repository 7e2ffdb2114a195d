/** One class for each rung of the ladder; its result says what changed. */
@Internal
@NullMarked
package org.healingsqlite.repair;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
