/**
 * What comes from outside, before anybody parses it: regular files only, no longer than they may be. Opening a pipe waits for ever, a device has no
 * end, and a link leads where somebody else says.
 */
@Internal
@NullMarked
package org.healingsqlite.input;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.NullMarked;
