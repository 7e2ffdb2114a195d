/**
 * What happened, for people: the record of every heal, refusal and failure, told to listeners and written to {@code incidents.db} in the
 * background. Nothing here may ever break the application or make it wait.
 */
@NullMarked
package org.healingsqlite.incident;

import org.jspecify.annotations.NullMarked;
