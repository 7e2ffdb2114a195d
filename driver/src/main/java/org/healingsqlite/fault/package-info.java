/**
 * What one SQLException tells: the first step of the flow. {@link org.healingsqlite.fault.Fault} is read off the result code and SQLite's own
 * text; nothing is asked of the database. Beside the adapter, only this package knows {@code org.sqlite}.
 */
@Internal
@NullMarked
package org.healingsqlite.fault;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
