/**
 * Schemas: what a database has ({@link org.healingsqlite.schema.SchemaSnapshot}), what it should have (registered scripts and migrations, or what
 * this JVM learned), the difference, and the statements that close it without losing a row. Works on {@code java.sql}; decides nothing about
 * when to heal.
 */
@NullMarked
package org.healingsqlite.schema;

import org.jspecify.annotations.NullMarked;
