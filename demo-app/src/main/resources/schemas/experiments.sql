CREATE TABLE IF NOT EXISTS experiments (
  experiment_id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'ONGOING', 'COMPLETED', 'FAILED', 'STOPPED', 'KILLED')),
  current_task TEXT
);
CREATE TABLE IF NOT EXISTS runs (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  experiment_id INTEGER REFERENCES experiments (experiment_id),
  config_leaf BLOB,
  seed INTEGER,
  learning_rate REAL,
  num_chunks INTEGER NOT NULL DEFAULT 1,
  current_chunk INTEGER NOT NULL DEFAULT 0,
  current_epoch INTEGER NOT NULL DEFAULT 0,
  metrics TEXT CHECK (metrics IS NULL OR json_valid(metrics)),
  status TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'ONGOING', 'COMPLETED', 'FAILED', 'STOPPED', 'KILLED'))
);
CREATE TABLE IF NOT EXISTS worker_task (
  task_id INTEGER PRIMARY KEY AUTOINCREMENT,
  worker_id INTEGER NOT NULL,
  run_id INTEGER REFERENCES runs (run_id),
  status TEXT NOT NULL DEFAULT 'NEW'
);
CREATE TABLE IF NOT EXISTS controller_progress (id INTEGER PRIMARY KEY CHECK (id = 1), progress REAL NOT NULL, note TEXT);
CREATE TABLE IF NOT EXISTS worker_progress (worker_id INTEGER PRIMARY KEY, progress REAL NOT NULL);
CREATE TABLE IF NOT EXISTS interactive_control (
  ic_id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  operation TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW'
);
