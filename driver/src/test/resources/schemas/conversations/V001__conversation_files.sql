PRAGMA foreign_keys = ON;

CREATE TABLE conversation_files (
  file_id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  file_name TEXT NOT NULL CHECK (length(file_name) > 0),
  size_bytes INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  deleted_at TEXT,
  is_deleted INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE file_metadata (
  metadata_id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id TEXT NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT,
  UNIQUE (file_id, name)
);

CREATE TABLE session_file_associations (
  session_id TEXT NOT NULL,
  file_id TEXT NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  PRIMARY KEY (session_id, file_id)
) WITHOUT ROWID;

CREATE TABLE file_access_log (
  access_id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id TEXT NOT NULL,
  action TEXT NOT NULL,
  at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE file_cleanup_queue (
  file_id TEXT PRIMARY KEY,
  due_at TEXT NOT NULL
);

CREATE INDEX idx_files_conversation ON conversation_files (conversation_id);
CREATE INDEX idx_files_created ON conversation_files (created_at);
CREATE INDEX idx_files_live ON conversation_files (file_id) WHERE is_deleted = 0;
CREATE INDEX idx_metadata_file ON file_metadata (file_id);
CREATE INDEX idx_metadata_name ON file_metadata (lower(name));
CREATE INDEX idx_associations_file ON session_file_associations (file_id);
CREATE INDEX idx_access_file ON file_access_log (file_id);
CREATE INDEX idx_cleanup_due ON file_cleanup_queue (due_at);

CREATE VIEW live_files AS SELECT * FROM conversation_files WHERE is_deleted = 0;
CREATE VIEW file_sizes AS SELECT conversation_id, sum(size_bytes) AS total FROM live_files GROUP BY conversation_id;
CREATE VIEW recent_access AS SELECT file_id, max(at) AS last FROM file_access_log GROUP BY file_id;

CREATE TRIGGER log_insert AFTER INSERT ON conversation_files BEGIN
  INSERT INTO file_access_log (file_id, action) VALUES (new.file_id, CASE WHEN new.size_bytes = 0 THEN 'created empty; no content' ELSE 'created' END);
END;
CREATE TRIGGER schedule_cleanup AFTER UPDATE OF is_deleted ON conversation_files WHEN new.is_deleted = 1 BEGIN
  INSERT OR REPLACE INTO file_cleanup_queue (file_id, due_at) VALUES (new.file_id, datetime('now', '+30 days'));
END;
CREATE TRIGGER stamp_delete AFTER UPDATE OF is_deleted ON conversation_files WHEN new.is_deleted = 1 AND new.deleted_at IS NULL BEGIN
  UPDATE conversation_files SET deleted_at = CURRENT_TIMESTAMP WHERE file_id = new.file_id;
END;
