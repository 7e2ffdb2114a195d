/** The healer: one readable sentence from a fault to an outcome, and the one object per database file that everything about it hangs on. */
@NullMarked
package org.healingsqlite.heal;

import org.jspecify.annotations.NullMarked;
