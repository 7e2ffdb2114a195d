/**
 * The way from woven code to the healing core: one core for each sqlite-jdbc, in a class loader that sees exactly this one.
 */
@NullMarked
package org.healingsqlite.agent.bridge;

import org.jspecify.annotations.NullMarked;
