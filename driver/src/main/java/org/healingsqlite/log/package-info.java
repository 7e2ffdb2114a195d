/**
 * What may be told in log, incidents, messages and reports: no values of rows, no literals, no commands, and nothing that moves a terminal's cursor.
 * {@link org.healingsqlite.log.Log} is the only way to the log; {@link org.healingsqlite.log.Disclosure} says what of an exception or a value may be
 * shown; {@link org.healingsqlite.log.Printable} makes text safe to print. Knows no other package.
 */
@Internal
@NullMarked
package org.healingsqlite.log;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
