/** Flyway takes {@code jdbc:healing:sqlite:} in its own URL setting: nothing but having this on the class path is needed. */
@NullMarked
package org.healingsqlite.flyway;

import org.jspecify.annotations.NullMarked;
