PRAGMA foreign_keys = ON;

CREATE TABLE users (
    user_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    invited_by INTEGER REFERENCES users (user_id)
);

CREATE TABLE prayer (
    prayer_id INTEGER PRIMARY KEY AUTOINCREMENT,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE prayer_marks (
    prayer_id INTEGER NOT NULL REFERENCES prayer (prayer_id) ON DELETE CASCADE,
    user_name TEXT NOT NULL,
    PRIMARY KEY (prayer_id, user_name)
) WITHOUT ROWID;

CREATE TABLE sessions (
    token TEXT PRIMARY KEY,
    user_name TEXT NOT NULL,
    agent TEXT NOT NULL
);

CREATE INDEX prayer_by_author ON prayer (author);

INSERT INTO users (user_id, name) VALUES (1, 'founder');
