/**
 * One connection of an application, between its door and the healer: what it holds, where its transaction is, and what becomes of a call that failed. Nothing here
 * knows through which door a call came.
 */
@Internal
@NullMarked
package org.healingsqlite.session;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
