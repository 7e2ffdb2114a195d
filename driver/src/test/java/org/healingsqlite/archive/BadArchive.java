package org.healingsqlite.archive;

import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;

/**
 * An archive as somebody makes it who wants the importing process to fail: one file for each way, and in each file harmless rows before and behind.
 * Its {@code main} imports it and prints every problem, and the rows that came in.
 */
final class BadArchive {
    private static final int MEGA = 1 << 20;

    private final Path directory;

    BadArchive(Path directory) {
        this.directory = directory;
    }

    void write() throws IOException, InterruptedException {
        file("deep.jsonl", out -> {
            out.write("{\"id\":100,\"text\":\"before\"}\n{\"id\":101,\"text\":");
            repeat(out, "[", MEGA);
            out.write("\n{\"id\":102,\"text\":\"behind\"}\n");
        });
        file("wide.jsonl", out -> {
            out.write("{\"id\":110,\"text\":[");
            repeat(out, "{},", MEGA);
            out.write("0]}\n{\"id\":111,\"text\":\"behind\"}\n");
        });
        file("names.jsonl", out -> {
            out.write("{");
            for (int i = 0; i < 40_000; i++) {
                out.write("\"n" + i + "\":1,");
            }
            out.write("\"id\":115}\n{\"id\":116,\"text\":\"behind\"}\n");
        });
        file("long.jsonl", out -> {
            out.write("{\"id\":120,\"text\":\"");
            repeat(out, "x", 40 * MEGA);
            out.write("\"}\n{\"id\":121,\"text\":\"behind\"}\n");
        });
        file("number.jsonl", out -> {
            out.write("{\"id\":");
            repeat(out, "9", 2 * MEGA);
            out.write(",\"text\":\"a number\"}\n{\"id\":131,\"text\":\"behind\"}\n");
        });
        file("quote.csv", out -> {
            out.write("id,text\n140,before\n141,\"");
            repeat(out, "never closed, ", 5 * MEGA);
        });
        file("columns.csv", out -> {
            repeat(out, "c,", 100_000);
            out.write("id\n");
        });
        file("bars.txt", out -> {
            out.write("Format: id|text\n150|before\n151|");
            repeat(out, "|", 4 * MEGA);
            out.write("\n152|behind\n");
        });
        file("endless.txt", out -> {
            out.write("id: 160\ntext: before\n\nid: 161\ntext: a\n");
            repeat(out, "  and more of it\n", 3 * MEGA);
            out.write("\nid: 162\ntext: behind\n");
        });
        file("keys.txt", out -> {
            out.write("id: 165\n");
            for (int i = 0; i < 100_000; i++) {
                out.write("k" + i + ": v\n");
            }
            out.write("\nid: 166\ntext: behind\n");
        });
        file("empty.rec", out -> {
            out.write("Entry 167\n\n");
            repeat(out, "\n", 10 * MEGA);
        });
        file("dump.sql", out -> {
            out.write("INSERT INTO t(id, text) VALUES(170, 'before');\nINSERT INTO t(id, text) VALUES(171, '");
            repeat(out, "x", 40 * MEGA);
            out.write("');\nINSERT INTO t(id, text) VALUES(172, ");
            repeat(out, "replace(", 100_000);
            out.write("'');\nINSERT INTO t(id, text) VALUES(173, replace('");
            repeat(out, "a", MEGA);
            out.write("', 'a', '");
            repeat(out, "b", MEGA);
            out.write("'));\nINSERT INTO t(id, text) VALUES(174, 'a'");
            repeat(out, "||'a'", MEGA);
            out.write(");\nINSERT INTO t VALUES(175");
            repeat(out, ",1", 100_000);
            out.write(");\nINSERT INTO t(id, text) VALUES(176, 'behind');\n");
        });
        file("pattern.log", out -> {
            repeat(out, "a", 64);
            out.write("\n");
        });
        file("stack.log", out -> {
            repeat(out, "ab", MEGA / 4);
            out.write("\n");
        });
        file("good.csv", out -> out.write("id,text\n190,good\n"));
        Files.writeString(directory.resolveSibling("outside.csv"), "id,text\n666,outside\n");
        Files.createSymbolicLink(directory.resolve("link.csv"), Path.of("../outside.csv"));
        Files.createSymbolicLink(directory.resolve("zero.csv"), Path.of("/dev/zero"));
        Files.createSymbolicLink(directory.resolve("up"), Path.of(".."));
        pipe(directory.resolve("pipe.csv"));
        Path deep = directory;
        for (int i = 0; i < 40; i++) {
            deep = Files.createDirectory(deep.resolve("d"));
        }
        Files.writeString(deep.resolve("deep.csv"), "id,text\n191,deep\n");
        Files.writeString(directory.resolve(Manifest.FILE), """
                source.plain.files=*.jsonl,*.csv,*.sql,**/*.csv,../outside.csv,/etc/passwd
                source.plain.table=t
                source.bars.files=bars.txt
                source.bars.format=delimited
                source.bars.table=t
                source.blocks.files=endless.txt,keys.txt
                source.blocks.format=blocks
                source.blocks.table=t
                source.record.files=empty.rec
                source.record.format=record
                source.record.table=t
                source.record.line.1=Entry (?<id>\\\\d+)
                source.record.body=text
                source.pattern.files=pattern.log
                source.pattern.format=lines
                source.pattern.table=t
                source.pattern.line.1=(?<text>(.*a){12})b
                source.stack.files=stack.log
                source.stack.format=lines
                source.stack.table=t
                source.stack.line.1=(?<text>(a|b|ab)*)c
                """);
    }

    /** A named pipe that nobody writes to: who opens it waits for ever. */
    static void pipe(Path path) throws IOException, InterruptedException {
        if (new ProcessBuilder("mkfifo", path.toString()).start().waitFor() != 0) {
            throw new IOException("mkfifo " + path);
        }
    }

    private interface Content {
        void to(Writer out) throws IOException;
    }

    private void file(String name, Content content) throws IOException {
        try (Writer out = Files.newBufferedWriter(directory.resolve(name))) {
            content.to(out);
        }
    }

    private static void repeat(Writer out, String text, int times) throws IOException {
        String many = text.repeat(1000);
        for (int i = 0; i < times / 1000; i++) {
            out.write(many);
        }
        out.write(text.repeat(times % 1000));
    }

    /** Imports the archive in the first argument into a database beside it. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Path directory = Path.of(arguments[0]);
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolveSibling("t.db"))) {
            Sql.run(database, "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)");
            ImportReport report = ArchiveImport.of(Archive.open(directory))
                    .into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
            report.problems().forEach(problem -> out.println("problem " + problem));
            Sql.rows(database, "SELECT id, length(text) FROM t ORDER BY id").forEach(row -> out.println("row " + row));
        }
    }
}
