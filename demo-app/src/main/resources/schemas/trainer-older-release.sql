-- The trainer's registry as an older release made it: without digest, updated_at and epoch.
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  status TEXT NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
  config_json TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_runs_status ON runs (status);
CREATE TABLE gpu_slots (slot INTEGER PRIMARY KEY, run_id TEXT);
INSERT INTO gpu_slots (slot) VALUES (0), (1), (2), (3), (4), (5), (6), (7);
