@NullMarked
package org.healingsqlite.cli;

import org.jspecify.annotations.NullMarked;
