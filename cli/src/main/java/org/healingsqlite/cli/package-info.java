/**
 * The operator's door: one executable jar, {@code healing-sqlite.jar}, with a subcommand for each task. {@link org.healingsqlite.cli.HealingCommand}
 * is the beginning; commands only translate between the terminal and the driver's public types.
 */
@NullMarked
package org.healingsqlite.cli;

import org.jspecify.annotations.NullMarked;
