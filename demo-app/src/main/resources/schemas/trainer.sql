-- The run registry of the trainer, and its eight GPU slots.
CREATE TABLE IF NOT EXISTS runs (
  run_id TEXT PRIMARY KEY,
  status TEXT NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
  config_json TEXT NOT NULL DEFAULT '{}',
  digest TEXT UNIQUE,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT,
  epoch INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS idx_runs_status ON runs (status);
CREATE TABLE IF NOT EXISTS gpu_slots (slot INTEGER PRIMARY KEY, run_id TEXT);
INSERT OR IGNORE INTO gpu_slots (slot) VALUES (0), (1), (2), (3), (4), (5), (6), (7);
