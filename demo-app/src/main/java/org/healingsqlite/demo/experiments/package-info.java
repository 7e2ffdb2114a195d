/** The application of S4: experiments whose scheduling state lives in SQLite. Knows JDBC and its pool, and nothing of healing. */
@NullMarked
package org.healingsqlite.demo.experiments;

import org.jspecify.annotations.NullMarked;
