-- Everything SQLite lets one write in a schema; a semicolon ; in a comment, and a quote ' too
PRAGMA foreign_keys = ON;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
/* CREATE TABLE not_made (x); */
CREATE TABLE IF NOT EXISTS author (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- the rowid; really
  name TEXT NOT NULL COLLATE NOCASE DEFAULT 'it''s; "quoted"',
  "full name" TEXT GENERATED ALWAYS AS (name || ' ;') VIRTUAL,
  [born.on] TEXT CHECK ("born.on" IS NULL OR "born.on" <> ';'),
  `rank` INTEGER NOT NULL DEFAULT 0,
  UNIQUE (name, `rank`)
);
create table "Mixed Case ""quoted"" ; table" ("a;b" text, 'c' integer default (1 + 2));
CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, note TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE exact (id INTEGER PRIMARY KEY, amount REAL NOT NULL DEFAULT 1.5, payload BLOB, anything ANY) STRICT;
CREATE TABLE book (
  isbn TEXT PRIMARY KEY,
  author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  title TEXT,
  added_at TEXT DEFAULT CURRENT_TIMESTAMP,
  title_length INTEGER AS (length(title)) STORED
);
CREATE TABLE log (at TEXT, what TEXT);
CREATE UNIQUE INDEX book_title ON book (title COLLATE NOCASE) WHERE title IS NOT NULL;
CREATE INDEX "expression; index" ON book (lower(title), author_id DESC);
CREATE VIRTUAL TABLE search USING fts5(title, content='book', content_rowid='rowid');
CREATE VIRTUAL TABLE box USING rtree(id, min_x, max_x);
CREATE VIEW books AS SELECT b.isbn, a.name AS author FROM book b JOIN author a ON a.id = b.author_id;
CREATE VIEW "books by ""z""" AS SELECT * FROM books WHERE author LIKE 'z;%';
CREATE TRIGGER book_added AFTER INSERT ON book WHEN NEW.title IS NOT ';' BEGIN
  INSERT INTO log VALUES (datetime('now'), CASE WHEN NEW.title IS NULL THEN 'end;' ELSE 'END' END);
  INSERT INTO search (rowid, title) VALUES (NEW.rowid, NEW.title); -- END;
  SELECT CASE NEW.isbn WHEN '' THEN RAISE(ABORT, 'no isbn; BEGIN') END;
END;
CREATE TRIGGER book_updated AFTER UPDATE OF title ON book BEGIN
  UPDATE author SET "born.on" = NULL WHERE 0;
END;
CREATE TRIGGER books_inserted INSTEAD OF INSERT ON books BEGIN
  INSERT INTO author (name) VALUES (NEW.author) ON CONFLICT DO NOTHING;
  INSERT INTO book (isbn, author_id) SELECT NEW.isbn, id FROM author WHERE name = NEW.author;
END;
INSERT INTO author (id, name) VALUES (7, 'Zola; Émile'), (3, 'O''Brien');
INSERT INTO book (isbn, author_id, title) VALUES ('978-1', 7, 'Germinal'), ('978-2', 3, 'The; Third');
INSERT INTO exact VALUES (1, 2.0, x'00ff', 3), (2, -0.5, NULL, 'text');
INSERT INTO box VALUES (1, 0.5, 2.5);
PRAGMA user_version = 42;
PRAGMA application_id = 0x1234
