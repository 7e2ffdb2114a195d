package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import org.healingsqlite.files.DatabaseFile;

/**
 * What a heal of damage needs of its database.
 *
 * @param consent whether it is ours to mend
 * @param settlement where it leaves what it has left to do
 */
record DamageParts(
        DatabaseFile file,
        ConnectionRegistry connections,
        FilePresence presence,
        SchemaKnowledge schema,
        PlaceAtPath place,
        HealingTurns turns,
        IncidentDesk desk,
        CircuitBreaker<Object> breaker,
        Settlement settlement,
        SharedUpkeep upkeep,
        SideTrust side,
        Consent consent) {}
