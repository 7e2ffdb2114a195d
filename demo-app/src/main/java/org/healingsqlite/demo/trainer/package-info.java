/** The application of S0: a run registry polled by a user interface, and a trainer. Knows JDBC and its URL, and nothing of healing. */
@NullMarked
package org.healingsqlite.demo.trainer;

import org.jspecify.annotations.NullMarked;
