/**
 * Changes sqlite-jdbc's own methods while they are loaded: which methods, and what code goes in. Knows nothing of healing.
 */
@NullMarked
package org.healingsqlite.agent.weave;

import org.jspecify.annotations.NullMarked;
