/** {@code ./demo}: real applications on real files, broken while they run, beside the same applications on plain sqlite-jdbc. Begins at {@link org.healingsqlite.demo.Demo}. */
@NullMarked
package org.healingsqlite.demo;

import org.jspecify.annotations.NullMarked;
