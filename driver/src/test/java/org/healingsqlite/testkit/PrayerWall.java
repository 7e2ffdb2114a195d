package org.healingsqlite.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * An application of eleven tables that also writes what it does as text for people, in the way such applications do: a file per prayer with a head,
 * two texts and lines of what happened to it; monthly files of users and of what they did; files that describe themselves, with titles, footers,
 * words for yes and no, and two forms of time. Everything follows from a seed. {@link #fill} gives the rows to a database, {@link #write} the text.
 */
public final class PrayerWall {
    /** On the class path, its tables and its index as a script. */
    public static final String TABLES = "schemas/wall.sql";

    /** Those, and a trigger that a row which comes back must not set off. */
    public static final String SCHEMA = text(TABLES) + """
            CREATE TRIGGER mark_logs AFTER INSERT ON prayer_mark BEGIN
              INSERT INTO security_log (event_type, created_at) VALUES ('mark', NEW.created_at); END;
            """;

    private static String text(String resource) {
        try (InputStream stream = PrayerWall.class.getClassLoader().getResourceAsStream(resource)) {
            return new String(Objects.requireNonNull(stream, resource).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The tables, and the columns that tell of a row what the archive can know: numbers that SQLite gave out are not among them. */
    public static final Map<String, String> COLUMNS = columns();

    public static final String MANIFEST = """
            version=2
            # What the database has: microseconds behind a blank; yes and no as numbers.
            timeAs=yyyy-MM-dd HH:mm:ss.SSSSSS
            time.created_at=MMMM d yyyy 'at' HH:mm | iso
            time.granted_at=iso
            time.expires_at=iso
            create=user
            default.welcome_dismissed=0

            source.users.files=users/*.txt
            source.users.format=lines
            source.users.table=user
            source.users.skip.1=User Registrations for {}
            source.users.line.1={created_at} - {display_name} joined directly
            source.users.line.2={created_at} - {display_name} joined on invitation from {invited_by}
            row.user.set.text_file_path=text_archives/{#file}

            source.prayers.files=prayers/20??/*.txt
            source.prayers.format=record
            source.prayers.table=prayer
            source.prayers.line.1=Prayer {id} by {author}
            source.prayers.head.1=Submitted {created_at}
            source.prayers.fields=true
            source.prayers.body=text
            source.prayers.text.generated_prayer=Generated Prayer:
            source.prayers.section.activity.begin=Activity:
            source.prayers.section.activity.inherit=prayer=id
            source.prayers.section.activity.more=testimony
            source.prayers.section.activity.line.1={at} - {who} prayed this prayer
            source.prayers.section.activity.line.1.table=mark
            source.prayers.section.activity.line.2={at} - {who} marked this prayer as answered
            source.prayers.section.activity.line.2.table=answered, log
            source.prayers.section.activity.line.3={at} - {who} added testimony: {testimony}
            source.prayers.section.activity.line.3.table=testimony
            row.prayer.column.Project=project_tag
            row.prayer.set.text_file_path=text_archives/{#file}
            row.prayer.default.flagged=0
            row.prayer.reference.author=user.display_name

            row.mark.table=prayer_mark
            row.mark.key=prayer_id, user_name, created_at
            row.mark.set.prayer_id={prayer|prayer_id}
            row.mark.set.user_name={who|user_id}
            row.mark.set.created_at={at|timestamp}
            row.mark.reference.user_name=user.display_name
            row.answered.table=prayer_attribute
            row.answered.key=prayer_id, name
            row.answered.set.prayer_id={prayer}
            row.answered.set.name=answered
            row.answered.set.value=true
            row.answered.set.created_by={who}
            row.answered.set.created_at={at}
            row.testimony.table=prayer_attribute
            row.testimony.key=prayer_id, name
            row.testimony.set.prayer_id={prayer}
            row.testimony.set.name=answer_testimony
            row.testimony.set.value={testimony}
            row.testimony.set.created_by={who}
            row.testimony.set.created_at={at}
            row.log.table=activity_log
            row.log.key=prayer_id, user_name, action, created_at
            row.log.set.prayer_id={prayer}
            row.log.set.user_name={who}
            row.log.set.action=set_answered
            row.log.set.new_value=true
            row.log.set.created_at={at}

            source.marks.files=prayers/marks/*.txt
            source.marks.format=delimited
            source.marks.table=mark

            source.attributes.files=prayers/attributes/*.txt
            source.attributes.format=delimited
            source.attributes.escape=\\\\
            source.attributes.table=attribute
            row.attribute.table=prayer_attribute
            row.attribute.key=prayer_id, name
            row.attribute.set.name={attribute_name}
            row.attribute.set.value={attribute_value}
            row.attribute.set.created_by={user_id}
            row.attribute.null.created_by=system
            row.attribute.set.created_at={timestamp}

            source.roles.files=roles/role_definitions.txt
            source.roles.format=delimited
            source.roles.table=role
            source.roles.skip.1=Total roles: {}
            row.role.column.role_name=name
            row.role.column.permissions_json=permissions
            row.role.column.is_system_role=is_system
            row.role.map.is_system=True:1, False:0
            row.role.null.description=

            source.grants.files=roles/20*.txt
            source.grants.format=delimited
            source.grants.table=user_role
            row.user_role.set.granted_at={timestamp}
            row.user_role.set.user_name={user_id}
            row.user_role.set.role_id={role_name}
            row.user_role.lookup.role_id=role.name
            row.user_role.reference.user_name=user.display_name
            row.user_role.null.granted_by=system

            source.sessions.files=auth/*_sessions.txt
            source.sessions.format=delimited
            source.sessions.table=session
            source.sessions.skip.1=Total active sessions: {}
            row.session.column.session_id=id
            row.session.column.user_id=user_name
            row.session.column.device_info=device
            row.session.column.ip_address=ip
            row.session.column.is_fully_authenticated=authenticated
            row.session.map.authenticated=yes:1, no:0
            row.session.null.device=
            row.session.null.ip=
            row.session.reference.user_name=user.display_name

            source.tokens.files=system/invite_tokens.txt
            source.tokens.format=delimited
            source.tokens.table=invite_token
            source.tokens.skip.1=ACTIVE TOKENS:
            source.tokens.skip.2=USED TOKENS:
            row.invite_token.column.created_by_user=created_by
            row.invite_token.column.used_by_user_id=used_by
            row.invite_token.map.used=true:1, false:0
            row.invite_token.null.used_by=

            source.security.files=auth/*_security.txt
            source.security.format=delimited
            source.security.table=security_log
            row.security_log.set.created_at={timestamp}
            row.security_log.column.user_id=user_name
            row.security_log.column.ip_address=ip
            row.security_log.column.user_agent=agent
            row.security_log.null=|None
            row.security_log.key=event_type, user_name, created_at

            source.events.files=activity/*.txt
            source.events.format=lines
            source.events.table=wall_event
            source.events.skip.1=Activity for {}
            source.events.heading.1={month:word} {day:number} {year:number}
            source.events.line.1={time:word} - {user_name} submitted prayer {prayer_id:word}[ ({tag})]
            source.events.line.1.table=submitted
            source.events.line.2={time:word} - {user_name} prayed for prayer {prayer_id:word}
            source.events.line.2.table=prayed
            row.submitted.table=wall_event
            row.submitted.set.event=submitted
            row.submitted.set.created_at={month} {day} {year} at {time}
            row.submitted.key=user_name, event, prayer_id, created_at
            row.prayed.table=wall_event
            row.prayed.set.event=prayed
            row.prayed.set.created_at={month} {day} {year} at {time}
            row.prayed.key=user_name, event, prayer_id, created_at

            source.papers.files=README.txt
            source.papers.format=none
            """;

    private static final DateTimeFormatter STORED = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");
    private static final DateTimeFormatter SPOKEN =
            DateTimeFormatter.ofPattern("MMMM dd yyyy 'at' HH:mm", Locale.ENGLISH);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("MMMM dd yyyy", Locale.ENGLISH);
    private static final DateTimeFormatter MONTH = DateTimeFormatter.ofPattern("MMMM yyyy", Locale.ENGLISH);
    private static final LocalDateTime BEGINNING = LocalDateTime.of(2026, 1, 3, 6, 55);
    private static final String[] WORDS = {
        "peace",
        "hope | strength",
        "Note: a test",
        "Mother's health",
        "ünïcödé 🙏 日本",
        "'); DROP TABLE prayer;--",
        "{braces}",
        "Key: value",
        "a\\nb",
        "  indented",
        "100 %",
        "- dash",
        "\ttab"
    };

    private final Random random;
    private final Map<String, List<List<Object>>> rows = new LinkedHashMap<>();
    private final Map<String, StringBuilder> files = new LinkedHashMap<>();
    private final List<String> users = new ArrayList<>();
    private final Map<String, String> days = new LinkedHashMap<>();

    /** Makes a wall of so many prayers. */
    public PrayerWall(long seed, int prayers) {
        random = new Random(seed);
        COLUMNS.keySet().forEach(table -> rows.put(table, new ArrayList<>()));
        users(Math.max(8, prayers / 20));
        for (int i = 0; i < prayers; i++) {
            prayer(i);
        }
        roles();
        sessions();
        tokens();
        security();
        files.put("README.txt", new StringBuilder("Text of the wall. Prayer 1 by nobody.\n"));
    }

    private static Map<String, String> columns() {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("user", "display_name, created_at, invited_by, welcome_dismissed, text_file_path");
        columns.put(
                "prayer",
                "id, author, text, generated_prayer, project_tag, audience, safety_score, safety_flags, created_at, flagged, text_file_path");
        columns.put("prayer_mark", "prayer_id, user_name, created_at");
        columns.put("prayer_attribute", "prayer_id, name, value, created_by, created_at");
        columns.put("activity_log", "prayer_id, user_name, action, new_value, created_at");
        columns.put("role", "name, description, permissions, is_system");
        columns.put(
                "user_role",
                "user_name, (SELECT name FROM role WHERE role.id = role_id), granted_by, granted_at, expires_at");
        columns.put("session", "id, user_name, created_at, expires_at, device, ip, authenticated");
        columns.put("invite_token", "token, created_by, expires_at, used, used_by");
        columns.put("security_log", "event_type, user_name, ip, agent, details, created_at");
        columns.put("wall_event", "user_name, event, prayer_id, tag, created_at");
        return columns;
    }

    // ---- What happened

    private void users(int count) {
        for (int i = 0; i < count; i++) {
            LocalDateTime joined = BEGINNING.plusHours(31L * i);
            String name = i % 5 == 2 ? "Joe of the Hill " + i : i % 5 == 3 ? "joão: the | " + i + "th" : "user_" + i;
            String inviter = i % 3 == 0 ? null : users.get(random.nextInt(users.size()));
            String file = "users/" + joined.getYear() + "_" + two(joined.getMonthValue()) + "_users.txt";
            begin(file, "User Registrations for " + joined.format(MONTH) + "\n\n")
                    .append(joined.format(SPOKEN))
                    .append(" - ")
                    .append(name)
                    .append(inviter == null ? " joined directly" : " joined on invitation from " + inviter)
                    .append('\n');
            add("user", name, joined.format(STORED), inviter, 0, "text_archives/" + file);
            users.add(name);
        }
    }

    private void prayer(int i) {
        LocalDateTime at = BEGINNING.plusMinutes(137L * i);
        String id = "p" + Integer.toHexString(i) + "x";
        boolean known = i % 17 != 16;
        String author = known ? user() : "only mentioned " + i;
        if (!known) {
            add("user", author, null, null, 0, null);
        }
        String file = "prayers/2026/" + id + "_at_" + two(at.getHour()) + ".txt";
        StringBuilder out = begin(file, "Prayer " + id + " by " + author + "\n");
        List<String> head = new ArrayList<>(List.of("Submitted " + at.format(SPOKEN)));
        String project = i % 3 == 0 ? "healing: " + i : null;
        String audience = i % 4 == 0 ? "christians_only" : "all";
        Double score = i % 2 == 0 ? 0.1 * (i % 10) : null;
        String flags = score == null ? null : i % 4 == 0 ? "[]" : "[\"a: b\", \"c|d\"]";
        if (project != null) {
            head.add("Project: " + project);
        }
        if (!audience.equals("all")) {
            head.add("Audience: " + audience);
        }
        if (score != null) {
            head.add("Safety Score: " + score);
            head.add("Safety Flags: " + flags);
        }
        Collections.shuffle(head, random);
        head.forEach(line -> out.append(line).append('\n'));
        String text = text(i) + (i % 13 == 5 ? "\n\nActivity:\nis what I wish for" : "");
        String generated = i % 7 == 6 ? null : "Lord: " + text(i + 1) + "\n\nAmen " + i;
        out.append('\n').append(text).append("\n\n");
        if (generated != null) {
            out.append("Generated Prayer:\n").append(generated).append("\n\n");
        }
        out.append("Activity:\n");
        add(
                "prayer",
                id,
                author,
                text,
                generated,
                project,
                audience,
                score,
                flags,
                at.format(STORED),
                0,
                "text_archives/" + file);
        event(at, author, "submitted", id, project);
        marks(i, id, at, out);
        answer(i, id, at, author, out);
    }

    private void marks(int i, String id, LocalDateTime submitted, StringBuilder out) {
        for (int m = 0; m < i % 4; m++) {
            LocalDateTime at = submitted.plusHours(5L + m).withSecond(0);
            String user = user();
            out.append(at.format(SPOKEN)).append(" - ").append(user).append(" prayed this prayer\n");
            // The same fact a second time, in the other form of time.
            begin(
                            "prayers/marks/2026_" + two(at.getMonthValue()) + "_marks.txt",
                            "Prayer Marks for " + at.format(MONTH) + "\nFormat: timestamp|prayer_id|user_id\n\n")
                    .append(m == 0 ? at.toString() : at.format(SPOKEN))
                    .append('|')
                    .append(id)
                    .append('|')
                    .append(user)
                    .append('\n');
            add("prayer_mark", id, user, at.format(STORED));
            event(at, user, "prayed", id, null);
        }
    }

    private void answer(int i, String id, LocalDateTime submitted, String author, StringBuilder out) {
        if (i % 6 == 1) {
            LocalDateTime at = submitted.plusDays(2);
            out.append(at.format(SPOKEN)).append(" - ").append(author).append(" marked this prayer as answered\n");
            add("prayer_attribute", id, "answered", "true", author, at.format(STORED));
            add("activity_log", id, author, "set_answered", "true", at.format(STORED));
            attribute(at, id, "answered", "true", author);
        }
        if (i % 12 == 1) {
            LocalDateTime at = submitted.plusDays(2).plusMinutes(1);
            String testimony = "It went well: " + text(i) + "\nand more | than well";
            out.append(at.format(SPOKEN))
                    .append(" - ")
                    .append(author)
                    .append(" added testimony: ")
                    .append(testimony)
                    .append('\n');
            add("prayer_attribute", id, "answer_testimony", testimony, author, at.format(STORED));
        }
        if (i % 9 == 4) {
            LocalDateTime at = submitted.plusDays(3);
            add("prayer_attribute", id, "archived", "a|b: c", null, at.format(STORED));
            attribute(at, id, "archived", "a\\|b: c", "system");
        }
    }

    private void attribute(LocalDateTime at, String id, String name, String value, String user) {
        begin(
                        "prayers/attributes/2026_" + two(at.getMonthValue()) + "_attributes.txt",
                        "Prayer Attributes for " + at.format(MONTH)
                                + "\nFormat: timestamp|prayer_id|attribute_name|attribute_value|user_id\n\n")
                .append(String.join("|", at.format(SPOKEN), id, name, value, user.replace("|", "\\|")))
                .append('\n');
    }

    private void event(LocalDateTime at, String user, String event, String prayer, String tag) {
        String file = "activity/activity_2026_" + two(at.getMonthValue()) + ".txt";
        StringBuilder out = begin(file, "Activity for " + at.format(MONTH) + "\n");
        String day = at.format(DAY);
        if (!day.equals(days.put(file, day))) {
            out.append('\n').append(day).append('\n');
        }
        out.append(String.format("%02d:%02d", at.getHour(), at.getMinute()))
                .append(" - ")
                .append(user)
                .append(event.equals("prayed") ? " prayed for prayer " : " submitted prayer ")
                .append(prayer)
                .append(tag == null ? "" : " (" + tag + ")")
                .append('\n');
        add("wall_event", user, event, prayer, tag, at.withSecond(0).format(STORED));
    }

    private void roles() {
        StringBuilder out = begin("roles/role_definitions.txt", """
                Role Definitions - Updated June 30, 2026 at 10:00
                Format: role_name|description|permissions_json|is_system_role

                """);
        out.append(
                "admin|Rules: all|[\"*\"]|True\nuser||[\"read\", \"pray\"]|True\nguest|Looks on|[]|False\n\nTotal roles: 3\n");
        add("role", "admin", "Rules: all", "[\"*\"]", 1);
        add("role", "user", null, "[\"read\", \"pray\"]", 1);
        add("role", "guest", "Looks on", "[]", 0);
        StringBuilder grants = begin(
                "roles/2026_06_role_assignments.txt",
                "Role Assignments for June 2026\nFormat: timestamp|user_id|role_name|granted_by|expires_at\n\n");
        for (int i = 0; i < users.size(); i++) {
            if (users.get(i).contains("|")) {
                continue;
            }
            LocalDateTime at = BEGINNING.plusDays(i).plusNanos(250_000_000);
            String role = i == 0 ? "admin" : i % 2 == 0 ? "user" : "guest";
            String by = i == 0 ? null : users.get(0);
            LocalDateTime until = i % 4 == 1 ? at.plusDays(90) : null;
            grants.append(String.join(
                            "|",
                            at.toString(),
                            users.get(i),
                            role,
                            by == null ? "system" : by,
                            until == null ? "" : until.toString()))
                    .append('\n');
            add("user_role", users.get(i), role, by, at.format(STORED), until == null ? null : until.format(STORED));
        }
    }

    private void sessions() {
        StringBuilder out = begin("auth/2026_06_30_sessions.txt", """
                Session Snapshot for June 30, 2026 at 10:00
                Format: session_id|user_id|created_at|expires_at|device_info|ip_address|is_fully_authenticated

                """);
        int count = 0;
        for (int i = 0; i < users.size(); i += 2) {
            if (users.get(i).contains("|")) {
                continue;
            }
            LocalDateTime at = BEGINNING.plusDays(i).plusNanos(1000L * i);
            String device = i % 4 == 0 ? null : "Mozilla/5.0 (X11; Linux)";
            String ip = i % 8 == 0 ? null : "10.0.0." + i % 200;
            out.append(String.join(
                            "|",
                            "s" + i,
                            users.get(i),
                            at.toString(),
                            i % 6 == 0 ? "" : at.plusDays(7).toString(),
                            device == null ? "" : device,
                            ip == null ? "" : ip,
                            i % 10 == 0 ? "no" : "yes"))
                    .append('\n');
            add(
                    "session",
                    "s" + i,
                    users.get(i),
                    at.format(STORED),
                    i % 6 == 0 ? null : at.plusDays(7).format(STORED),
                    device,
                    ip,
                    i % 10 == 0 ? 0 : 1);
            count++;
        }
        out.append("\nTotal active sessions: ").append(count).append('\n');
    }

    private void tokens() {
        StringBuilder out = begin(
                "system/invite_tokens.txt",
                "Invite Tokens - Updated June 30, 2026 at 10:00\nFormat: token|created_by_user|expires_at|used|used_by_user_id\n\n");
        for (int i = 0; i < 40; i++) {
            boolean used = i >= 20;
            if (i % 20 == 0) {
                out.append(used ? "\nUSED TOKENS:\n" : "ACTIVE TOKENS:\n");
            }
            LocalDateTime until = BEGINNING.plusDays(200 + i);
            String by = used ? users.get(1 + i % 2 * 3) : null;
            out.append(String.join(
                            "|", "t" + i, users.get(0), until.toString(), String.valueOf(used), by == null ? "" : by))
                    .append('\n');
            add("invite_token", "t" + i, users.get(0), until.format(STORED), used ? 1 : 0, by);
        }
    }

    private void security() {
        for (int i = 0; i < 60; i++) {
            LocalDateTime at = BEGINNING.plusDays(2L * i).plusSeconds(i);
            String user = i % 3 == 0 ? null : "user_" + i;
            String details = i % 5 == 0 ? null : "tried | thrice: " + i;
            begin(
                            "auth/2026_" + two(at.getMonthValue()) + "_security.txt",
                            "Security Events for " + at.format(MONTH)
                                    + "\nFormat: timestamp|event_type|user_id|ip_address|user_agent|details\n\n")
                    .append(String.join(
                            "|",
                            at.toString(),
                            "failed_login",
                            user == null ? "None" : user,
                            "10.1.1." + i,
                            "curl",
                            details == null ? "" : details))
                    .append('\n');
            add("security_log", "failed_login", user, "10.1.1." + i, "curl", details, at.format(STORED));
        }
    }

    private String text(int i) {
        StringBuilder text = new StringBuilder("For all of us " + i);
        for (int n = 0; n < 1 + i % 9; n++) {
            text.append(n % 3 == 2 ? "\n\n" : n % 3 == 1 ? "\n" : ": ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString() + (i % 11 == 3 ? "\r\nwith a carriage return" : "");
    }

    private String user() {
        return users.get(random.nextInt(users.size()));
    }

    private static String two(int number) {
        return String.format("%02d", number);
    }

    private StringBuilder begin(String file, String head) {
        return files.computeIfAbsent(file, name -> new StringBuilder(head));
    }

    private void add(String table, Object... values) {
        rows.computeIfAbsent(table, name -> new ArrayList<>()).add(Arrays.asList(values));
    }

    // ---- What is made of it

    /** The rows of each table, in the columns of {@link #COLUMNS}. */
    public Map<String, List<List<Object>>> rows() {
        return rows;
    }

    /** The text of each file. */
    public Map<String, String> files() {
        Map<String, String> all = new LinkedHashMap<>();
        files.forEach((name, text) -> all.put(name, text.toString()));
        return all;
    }

    /** Writes the archive and its manifest. */
    public Path write(Path directory) throws IOException {
        for (Map.Entry<String, StringBuilder> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        Files.writeString(directory.resolve("archive.properties"), MANIFEST);
        return directory;
    }

    /** The rows of a database, as SQL writes their values: type and NULL are in it. By table, in no order of the database's. */
    public static Map<String, List<String>> content(Connection database) throws SQLException {
        Map<String, List<String>> content = new LinkedHashMap<>();
        for (Map.Entry<String, String> table : COLUMNS.entrySet()) {
            List<String> found = new ArrayList<>();
            String quoted = "quote(" + table.getValue().replaceAll(", (?![^(]*\\))", ") || ', ' || quote(") + ")";
            try (PreparedStatement select = database.prepareStatement("SELECT " + quoted + " FROM " + table.getKey());
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.add(row.getString(1));
                }
            }
            Collections.sort(found);
            content.put(table.getKey(), found);
        }
        return content;
    }

    /** Gives a database that has the schema all rows. */
    public void fill(Connection database) throws SQLException {
        for (Map.Entry<String, List<List<Object>>> table : rows.entrySet()) {
            boolean granted = table.getKey().equals("user_role");
            String columns =
                    granted ? "user_name, role_id, granted_by, granted_at, expires_at" : COLUMNS.get(table.getKey());
            String places = granted
                    ? "?, (SELECT id FROM role WHERE name = ?), ?, ?, ?"
                    : "?" + ", ?".repeat(columns.split(",", -1).length - 1);
            try (PreparedStatement insert = database.prepareStatement(
                    "INSERT INTO " + table.getKey() + " (" + columns + ") VALUES (" + places + ")")) {
                for (List<Object> row : table.getValue()) {
                    for (int i = 0; i < row.size(); i++) {
                        insert.setObject(i + 1, row.get(i));
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
            }
        }
    }
}
