/** The stage of two lanes, what breaks on it, and the scenarios played there: from the applications to the figures of {@code report}. */
@NullMarked
package org.healingsqlite.demo.scenario;

import org.jspecify.annotations.NullMarked;
