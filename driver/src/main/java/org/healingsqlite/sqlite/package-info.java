/**
 * The one adapter to sqlite-jdbc: opens physical connections, reads a URL the way sqlite-jdbc reads it, and asks the native handle what JDBC
 * does not tell. Beside {@code fault}, nothing else imports {@code org.sqlite}.
 */
@Internal
@NullMarked
package org.healingsqlite.sqlite;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
