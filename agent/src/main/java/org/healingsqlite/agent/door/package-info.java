/**
 * The agent's door to the healing core, as {@code jdbc} is the driver's. Lives in the core's class loader, next to the sqlite-jdbc it was made
 * for.
 */
@NullMarked
package org.healingsqlite.agent.door;

import org.jspecify.annotations.NullMarked;
