/**
 * The application of S1: metadata of the files of conversations, in a database that several processes initialise. Knows JDBC and its URL, and nothing
 * of healing.
 */
@NullMarked
package org.healingsqlite.demo.conversations;

import org.jspecify.annotations.NullMarked;
