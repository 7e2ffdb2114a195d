/**
 * The application of S3: backup jobs that note in SQLite what goes wrong, a monitor, and a health endpoint. Knows JDBC and its pool, and nothing of
 * healing.
 */
@NullMarked
package org.healingsqlite.demo.backups;

import org.jspecify.annotations.NullMarked;
