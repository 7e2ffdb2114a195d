@NullMarked
package org.healingsqlite.demo;

import org.jspecify.annotations.NullMarked;
