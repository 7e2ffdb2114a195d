/** What happened in the lanes: counts, the timeline, and the tables they are printed as. */
@NullMarked
package org.healingsqlite.demo.report;

import org.jspecify.annotations.NullMarked;
