@NullMarked
package org.healingsqlite.benchmarks;

import org.jspecify.annotations.NullMarked;
