/** S2: a wall of prayers, with its users and the marks they leave. */
@NullMarked
package org.healingsqlite.demo.prayers;

import org.jspecify.annotations.NullMarked;
