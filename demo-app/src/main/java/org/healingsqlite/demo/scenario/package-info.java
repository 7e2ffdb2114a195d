/** One class for each system; the application code is the same in both lanes, and the faults are real. */
@NullMarked
package org.healingsqlite.demo.scenario;

import org.jspecify.annotations.NullMarked;
