package org.healingsqlite.heal;

import org.healingsqlite.files.DatabaseFile;

/** What the way from a lost file to the one at the path leads past. */
record LostFileParts(
        DatabaseFile file,
        ConnectionRegistry connections,
        FilePresence presence,
        SchemaKnowledge schema,
        PlaceAtPath place,
        HealingTurns turns,
        IncidentDesk desk,
        SafeContent safe,
        LostLogs logs,
        Unsaved unsaved,
        LostFileReturn back,
        OtherHolders others) {}
