/**
 * The JDBC interfaces. Generated {@code Forwarding*} bases pass every call on; the few methods with meaning stand in the hand-written
 * {@code Healing*} leaves. Only this package throws to the application.
 */
@Internal
@NullMarked
package org.healingsqlite.jdbc;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
