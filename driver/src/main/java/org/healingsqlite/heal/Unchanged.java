package org.healingsqlite.heal;

import java.sql.Connection;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;

/**
 * A physical connection to a file that nobody has changed since it was looked at.
 *
 * @param file which file it has open
 * @param log the log it has open
 */
@Internal
public record Unchanged(Connection connection, FileIdentity file, LogIdentity log) {}
