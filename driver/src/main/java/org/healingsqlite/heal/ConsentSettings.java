package org.healingsqlite.heal;

/**
 * How far a heal goes without being asked.
 *
 * @param schemaRequired whether a connection is refused where the registered schema cannot be applied
 */
public record ConsentSettings(boolean schemaRequired) {}
