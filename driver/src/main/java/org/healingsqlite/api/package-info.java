/**
 * Marks of what others may build on: {@code Experimental} and {@code Internal}. What has no mark is the API, which {@code src/api/current.txt} lists.
 */
@NullMarked
package org.healingsqlite.api;

import org.jspecify.annotations.NullMarked;
