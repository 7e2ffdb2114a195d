/**
 * What a user touches: the driver, the data sources, the options and {@code Healing}. Nothing inside imports it.
 */
@NullMarked
package org.healingsqlite;

import org.jspecify.annotations.NullMarked;
