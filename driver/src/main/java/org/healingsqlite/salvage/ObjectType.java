package org.healingsqlite.salvage;

import org.jspecify.annotations.Nullable;

/** What the first column of the schema table says. */
enum ObjectType {
    TABLE,
    INDEX,
    VIEW,
    TRIGGER;

    /** The same, for the schema's own parser. */
    org.healingsqlite.schema.SchemaObject.Type type() {
        return org.healingsqlite.schema.SchemaObject.Type.valueOf(name());
    }

    static ObjectType of(org.healingsqlite.schema.SchemaObject.Type type) {
        return valueOf(type.name());
    }

    static @Nullable ObjectType of(String word) {
        return switch (word) {
            case "table" -> TABLE;
            case "index" -> INDEX;
            case "view" -> VIEW;
            case "trigger" -> TRIGGER;
            default -> null;
        };
    }
}
