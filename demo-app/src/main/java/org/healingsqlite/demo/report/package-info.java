/** What a run of the demo tells: the timeline while it plays, what clients saw, and the counts at the end. Knows nothing of the applications. */
@NullMarked
package org.healingsqlite.demo.report;

import org.jspecify.annotations.NullMarked;
