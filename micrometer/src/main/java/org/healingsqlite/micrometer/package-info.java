/** Health and incidents of a database as meters of Micrometer. */
@NullMarked
package org.healingsqlite.micrometer;

import org.jspecify.annotations.NullMarked;
