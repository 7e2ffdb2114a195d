package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The archive of an application that keeps its rows as text: prayers, users, marks and sessions, written the way that application writes them. */
public final class PrayerArchive {
    public static final String SCHEMA = """
            CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, joined TEXT, inviter TEXT);
            CREATE TABLE prayer (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES user(id),
              created_at TEXT NOT NULL, answered_at TEXT, tag TEXT, text TEXT NOT NULL);
            CREATE TABLE prayer_mark (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES user(id),
              prayer_id INTEGER NOT NULL REFERENCES prayer(id), created_at TEXT NOT NULL);
            CREATE TABLE session (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user(id), agent TEXT) WITHOUT ROWID;
            CREATE INDEX mark_prayer ON prayer_mark(prayer_id);
            CREATE TRIGGER mark_touches AFTER INSERT ON prayer_mark BEGIN
              UPDATE prayer SET tag = 'touched' WHERE id = NEW.prayer_id; END;
            """;

    public static final String MANIFEST = """
            source.users.files=users/*.txt
            source.users.format=lines
            source.users.table=user
            source.users.line.1=(?<joined>[A-Z][a-z]+ \\\\d+ \\\\d{4} at \\\\d\\\\d:\\\\d\\\\d) - (?<name>.+?) joined(?: on invitation from (?<inviter>.+))?
            source.users.time.joined=MMMM d yyyy 'at' HH:mm
            source.prayers.files=prayers/*.txt
            source.prayers.format=record
            source.prayers.table=prayer
            source.prayers.line.1=Prayer (?<id>\\\\d+) by (?<author>.+)
            source.prayers.line.2=Submitted (?<createdAt>.+)
            source.prayers.fields=true
            source.prayers.body=text
            source.prayers.column.author=author_id
            source.prayers.time.created_at=MMMM d yyyy 'at' HH:mm|yyyy-MM-dd'T'HH:mm:ss
            source.prayers.time.answered_at=MMMM d yyyy 'at' HH:mm
            source.prayers.lookup.author_id=user.name
            source.prayers.create=user
            source.prayers.section.activity.begin=Activity:
            source.prayers.section.activity.line=(?<createdAt>.+?) - (?<user>.+) prayed this prayer
            source.prayers.section.activity.table=prayer_mark
            source.prayers.section.activity.inherit=prayer_id=id
            source.prayers.column.user=user_id
            source.prayers.lookup.user_id=user.name
            source.prayers.key.prayer_mark=user_id,prayer_id,created_at
            source.marks.files=metadata/prayer_marks.txt
            source.marks.format=delimited
            source.marks.table=prayer_mark
            source.marks.column.timestamp=created_at
            source.marks.column.user=user_id
            source.marks.time.created_at=yyyy-MM-dd'T'HH:mm:ss
            source.marks.lookup.user_id=user.name
            source.marks.create=user
            source.marks.key=user_id,prayer_id,created_at
            source.sessions.files=metadata/sessions.txt
            source.sessions.format=delimited
            source.sessions.table=session
            source.sessions.column.user=user_id
            source.sessions.lookup.user_id=user.name
            source.sessions.create=user
            """;

    public static final String TEXT = """
            Please: keep us safe | and = well; \\ not\\nescaped
              indented, ünïcödé 🙏 日本

            Activity:
            this line only looks like the section

            '); DROP TABLE prayer;--
            Key: value""";

    private PrayerArchive() {}

    /** Writes the whole archive and returns its directory. */
    public static Path write(Path parent, int prayers) throws IOException {
        Path root = Files.createDirectories(parent.resolve("text_archives"));
        Files.createDirectories(root.resolve("prayers"));
        Files.createDirectories(root.resolve("users"));
        Files.createDirectories(root.resolve("metadata"));
        Files.writeString(root.resolve(Manifest.FILE), MANIFEST);
        for (int i = 1; i <= prayers; i++) {
            Files.writeString(root.resolve("prayers/prayer_" + i + ".txt"), prayer(i));
        }
        Files.writeString(root.resolve("users/2026_05.txt"), """
                May 02 2026 at 09:15 - anna joined
                May 03 2026 at 10:00 - joão: the | second joined on invitation from anna
                """);
        Files.writeString(
                root.resolve("users/2026_06.txt"), "June 01 2026 at 00:00 - bob joined on invitation from anna\n");
        List<String> marks = new ArrayList<>(List.of("Marks of prayers", "Format: timestamp|prayer_id|user", ""));
        for (int i = 1; i <= prayers; i++) {
            marks.add("2026-06-02T08:30:00|" + i + "|bob");
            marks.add("2026-06-03T07:00:00|" + i + "|joão: the | second");
        }
        Files.writeString(root.resolve("metadata/prayer_marks.txt"), String.join("\n", marks) + "\n");
        Files.writeString(
                root.resolve("metadata/sessions.txt"),
                "Sessions\nFormat: token|user|agent\n\nt-1|anna|Mozilla/5.0 (X11; | Linux)\nt-2|stranger|curl\n");
        return root;
    }

    /** One prayer's file: its text, and a mark that the file of marks repeats. */
    public static String prayer(int i) {
        return "Prayer " + i + " by " + (i % 2 == 0 ? "anna" : "only mentioned") + "\n"
                + (i % 2 == 0 ? "Submitted June 01 2026 at 12:30\n" : "Submitted 2026-06-01T12:30:00\n")
                + (i % 3 == 0 ? "Answered at: July 04 2026 at 20:00\n" : "")
                + "Tag: a: b\n"
                + "\n" + TEXT + i + "\n"
                + "\nActivity:\n"
                + "2026-06-02T08:30:00 - bob prayed this prayer\n";
    }
}
