/**
 * Whether recovered content is whole: compares the damaged files, page by page, with the new database, and says what is proven, what is known to be lost
 * and what nobody can know. Judges whoever made the new content and shares no code with it but {@code format}. Reads bytes only: SQLite opens nothing
 * here, and nothing is written.
 *
 * <p>In reading order: {@link org.healingsqlite.completeness.Completeness}, the answer; {@code Pages}, the committed state of the damaged files;
 * {@code ClosedPage}, a page that accounts for every byte; {@code TreeCursor}, a tree in order with its gaps; {@code TableProof} and
 * {@code IndexProof}, one table; {@link org.healingsqlite.completeness.Judge}, all of it.
 */
@NullMarked
package org.healingsqlite.completeness;

import org.jspecify.annotations.NullMarked;
