--liquibase formatted sql
--changeset demo:1
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
--changeset demo:2
INSERT INTO book (title) VALUES ('seeded');
