@NullMarked
package org.healingsqlite.agent;

import org.jspecify.annotations.NullMarked;
