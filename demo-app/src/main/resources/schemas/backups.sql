-- What has gone wrong in backup jobs.
CREATE TABLE IF NOT EXISTS error_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  component TEXT NOT NULL,
  error_type TEXT NOT NULL,
  message TEXT NOT NULL,
  details TEXT,
  job_id TEXT,
  job_name TEXT,
  stack_trace TEXT,
  resolved INTEGER NOT NULL DEFAULT 0,
  resolved_at TEXT
);
CREATE INDEX IF NOT EXISTS idx_error_timestamp ON error_events (timestamp);
CREATE INDEX IF NOT EXISTS idx_error_severity ON error_events (severity);
CREATE INDEX IF NOT EXISTS idx_error_component ON error_events (component);
CREATE INDEX IF NOT EXISTS idx_error_job_id ON error_events (job_id);
CREATE INDEX IF NOT EXISTS idx_error_resolved ON error_events (resolved);
