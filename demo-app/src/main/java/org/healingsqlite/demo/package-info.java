/** The demo: real systems' scenarios, played in two lanes at once, with plain sqlite-jdbc and with the healing driver. */
@NullMarked
package org.healingsqlite.demo;

import org.jspecify.annotations.NullMarked;
