/**
 * Where the JVM enters: {@code premain} and {@code agentmain}. Whatever goes wrong, the application starts as it would have without the agent.
 */
@NullMarked
package org.healingsqlite.agent;

import org.jspecify.annotations.NullMarked;
