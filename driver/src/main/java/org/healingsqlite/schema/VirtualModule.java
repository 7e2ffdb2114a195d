package org.healingsqlite.schema;

import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual table is made by: the module that its statement names behind USING, and nothing else that the statement may contain.
 *
 * <p>Source: SQLite, "CREATE VIRTUAL TABLE"; FTS3/4 §1, FTS5 §1, R-tree §3.
 */
@Internal
public enum VirtualModule {
    /** {@code fts3} and {@code fts4}. */
    FULL_TEXT_4,
    /** {@code fts5}. */
    FULL_TEXT_5,
    /** {@code rtree}, with coordinates as 32-bit floating point. */
    RTREE,
    /** {@code rtree_i32}, with coordinates as 32-bit integers. */
    RTREE_OF_INTEGERS,
    /** Any other module, and none. */
    OTHER;

    /** The module of a {@code CREATE VIRTUAL TABLE} statement; {@link #OTHER} for any other text. */
    public static VirtualModule of(String statement) {
        return named(new SchemaObject(SchemaObject.Type.TABLE, "", "", statement).module());
    }

    /** The value of an option that a {@code CREATE VIRTUAL TABLE} statement gives, for example {@code content} of a full-text index; null where it is not given. */
    public static @Nullable String option(String statement, String name) {
        SqlLexer lexer = new SqlLexer(statement, 0);
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is(name)) {
                lexer.next();
                if (lexer.is('=')) {
                    lexer.next();
                    return lexer.text();
                }
            }
        }
        return null;
    }

    static VirtualModule named(String module) {
        return switch (module) {
            case "fts3", "fts4" -> FULL_TEXT_4;
            case "fts5" -> FULL_TEXT_5;
            case "rtree" -> RTREE;
            case "rtree_i32" -> RTREE_OF_INTEGERS;
            default -> OTHER;
        };
    }

    /** Whether tables of the module are full-text indexes. */
    public boolean isFullText() {
        return this == FULL_TEXT_4 || this == FULL_TEXT_5;
    }

    /** Whether tables of the module are R-trees. */
    public boolean isRtree() {
        return this == RTREE || this == RTREE_OF_INTEGERS;
    }
}
