/**
 * Tells people who are not looking. Nothing here is loaded unless somebody asked for it, nothing runs on an application's thread, and nothing that goes wrong here reaches the application.
 */
@Internal
@NullMarked
package org.healingsqlite.notify;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
