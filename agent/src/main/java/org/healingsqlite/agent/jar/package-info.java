/** The agent's own jar. */
@NullMarked
package org.healingsqlite.agent.jar;

import org.jspecify.annotations.NullMarked;
