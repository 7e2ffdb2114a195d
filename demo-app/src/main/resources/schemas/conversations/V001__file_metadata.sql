PRAGMA foreign_keys = ON;

-- The files of conversations, and what is kept about them.
CREATE TABLE IF NOT EXISTS conversation_files (
  file_id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation_id TEXT NOT NULL,
  file_name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  status TEXT NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DELETED')),
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  deleted_at TEXT,
  UNIQUE (conversation_id, file_name)
);
CREATE TABLE IF NOT EXISTS file_metadata (
  file_id INTEGER NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (file_id, name)
);
CREATE TABLE IF NOT EXISTS session_file_associations (
  session_id TEXT NOT NULL,
  file_id INTEGER NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  attached_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (session_id, file_id)
);
CREATE TABLE IF NOT EXISTS file_access_log (
  access_id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id INTEGER NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  access TEXT NOT NULL CHECK (access IN ('CREATED', 'READ')),
  accessed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS file_cleanup_queue (
  cleanup_id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id INTEGER NOT NULL REFERENCES conversation_files (file_id) ON DELETE CASCADE,
  due_at TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS idx_files_conversation ON conversation_files (conversation_id);
CREATE INDEX IF NOT EXISTS idx_files_status ON conversation_files (status);
CREATE INDEX IF NOT EXISTS idx_files_created ON conversation_files (created_at);
CREATE INDEX IF NOT EXISTS idx_metadata_name ON file_metadata (name);
CREATE INDEX IF NOT EXISTS idx_associations_file ON session_file_associations (file_id);
CREATE INDEX IF NOT EXISTS idx_access_file ON file_access_log (file_id);
CREATE INDEX IF NOT EXISTS idx_access_time ON file_access_log (accessed_at);
CREATE INDEX IF NOT EXISTS idx_cleanup_due ON file_cleanup_queue (due_at) WHERE done = 0;

CREATE VIEW IF NOT EXISTS active_files AS
  SELECT file_id, conversation_id, file_name, size_bytes FROM conversation_files WHERE status = 'ACTIVE';
CREATE VIEW IF NOT EXISTS session_files AS
  SELECT session_id, file_id, file_name FROM session_file_associations JOIN conversation_files USING (file_id);
CREATE VIEW IF NOT EXISTS pending_cleanups AS
  SELECT file_id, file_name, due_at FROM file_cleanup_queue JOIN conversation_files USING (file_id) WHERE done = 0;

CREATE TRIGGER IF NOT EXISTS log_created_file AFTER INSERT ON conversation_files BEGIN
  INSERT INTO file_access_log (file_id, access) VALUES (NEW.file_id, 'CREATED');
END;
CREATE TRIGGER IF NOT EXISTS schedule_cleanup AFTER UPDATE OF status ON conversation_files WHEN NEW.status = 'DELETED' BEGIN
  INSERT INTO file_cleanup_queue (file_id, due_at) VALUES (NEW.file_id, datetime('now', '+30 days'));
END;
CREATE TRIGGER IF NOT EXISTS stamp_deleted_file AFTER UPDATE OF status ON conversation_files WHEN NEW.status = 'DELETED' BEGIN
  UPDATE conversation_files SET deleted_at = CURRENT_TIMESTAMP WHERE file_id = NEW.file_id;
END;
