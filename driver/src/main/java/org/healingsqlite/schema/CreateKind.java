package org.healingsqlite.schema;

import org.healingsqlite.api.Internal;

/** What a CREATE statement creates. */
@Internal
public enum CreateKind {
    TABLE(SchemaObject.Type.TABLE),
    VIRTUAL_TABLE(SchemaObject.Type.TABLE),
    INDEX(SchemaObject.Type.INDEX),
    VIEW(SchemaObject.Type.VIEW),
    TRIGGER(SchemaObject.Type.TRIGGER);

    private final SchemaObject.Type type;

    CreateKind(SchemaObject.Type type) {
        this.type = type;
    }

    /** As {@code sqlite_schema} names it. */
    SchemaObject.Type type() {
        return type;
    }
}
