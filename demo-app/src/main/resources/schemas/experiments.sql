-- The scheduling state of the experiments.
CREATE TABLE IF NOT EXISTS experiments (
  experiment_id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'ONGOING', 'COMPLETED', 'FAILED', 'STOPPED', 'KILLED'))
);
CREATE TABLE IF NOT EXISTS runs (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id),
  config_leaf BLOB NOT NULL,
  seed INTEGER NOT NULL,
  num_chunks INTEGER NOT NULL,
  current_chunk INTEGER NOT NULL DEFAULT 0,
  current_epoch INTEGER NOT NULL DEFAULT 0,
  metrics JSON CHECK (metrics IS NULL OR json_valid(metrics)),
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'ONGOING', 'COMPLETED', 'FAILED', 'STOPPED', 'KILLED'))
);
CREATE TABLE IF NOT EXISTS worker_task (
  task_id INTEGER PRIMARY KEY AUTOINCREMENT,
  worker_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs (run_id),
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'ONGOING', 'COMPLETED', 'FAILED', 'STOPPED', 'KILLED'))
);
CREATE TABLE IF NOT EXISTS controller_progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  chunks_done INTEGER NOT NULL,
  chunks_total INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS worker_progress (worker_id INTEGER PRIMARY KEY, tasks_done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS interactive_control (
  ic_id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('STOP')),
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'COMPLETED'))
);
