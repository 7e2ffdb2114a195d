/** The ladder: from a diagnosis and what there is to heal from to the rungs to try, in order. Pure: no I/O, no clock. */
@Internal
@NullMarked
package org.healingsqlite.plan;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
