/** Looks at text files and a schema, and proposes a manifest that brings the one into the other. */
@NullMarked
package org.healingsqlite.cli.suggest;

import org.jspecify.annotations.NullMarked;
