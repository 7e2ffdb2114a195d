/** What runs when the agent is built, and is not in its jar. */
@NullMarked
package org.healingsqlite.agent.build;

import org.jspecify.annotations.NullMarked;
