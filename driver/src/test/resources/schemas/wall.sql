-- The eleven tables of a wall of prayers that is also written as text for people.
CREATE TABLE user (display_name TEXT PRIMARY KEY NOT NULL, created_at TIMESTAMP, invited_by TEXT,
  welcome_dismissed BOOLEAN NOT NULL, text_file_path TEXT);
CREATE TABLE prayer (id TEXT PRIMARY KEY NOT NULL, author TEXT NOT NULL REFERENCES user(display_name), text TEXT NOT NULL,
  generated_prayer TEXT, project_tag TEXT, audience TEXT NOT NULL DEFAULT 'all', safety_score REAL, safety_flags TEXT,
  created_at TIMESTAMP NOT NULL, flagged BOOLEAN NOT NULL, text_file_path TEXT);
CREATE TABLE prayer_mark (id INTEGER PRIMARY KEY AUTOINCREMENT, prayer_id TEXT NOT NULL REFERENCES prayer(id),
  user_name TEXT NOT NULL REFERENCES user(display_name), created_at TIMESTAMP NOT NULL);
CREATE TABLE prayer_attribute (id INTEGER PRIMARY KEY, prayer_id TEXT NOT NULL REFERENCES prayer(id), name TEXT NOT NULL,
  value TEXT, created_by TEXT REFERENCES user(display_name), created_at TIMESTAMP NOT NULL);
CREATE TABLE activity_log (id INTEGER PRIMARY KEY, prayer_id TEXT NOT NULL REFERENCES prayer(id),
  user_name TEXT NOT NULL REFERENCES user(display_name), action TEXT NOT NULL, new_value TEXT, created_at TIMESTAMP NOT NULL);
CREATE TABLE role (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, permissions TEXT NOT NULL DEFAULT '[]',
  is_system BOOLEAN NOT NULL);
CREATE TABLE user_role (user_name TEXT NOT NULL REFERENCES user(display_name), role_id INTEGER NOT NULL REFERENCES role(id),
  granted_by TEXT, granted_at TIMESTAMP NOT NULL, expires_at TIMESTAMP, PRIMARY KEY (user_name, role_id)) WITHOUT ROWID;
CREATE TABLE session (id TEXT PRIMARY KEY NOT NULL, user_name TEXT NOT NULL REFERENCES user(display_name), created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP, device TEXT, ip TEXT, authenticated BOOLEAN NOT NULL);
CREATE TABLE invite_token (token TEXT PRIMARY KEY NOT NULL, created_by TEXT NOT NULL, expires_at TIMESTAMP NOT NULL,
  used BOOLEAN NOT NULL, used_by TEXT);
CREATE TABLE security_log (id INTEGER PRIMARY KEY, event_type TEXT NOT NULL, user_name TEXT, ip TEXT, agent TEXT, details TEXT,
  created_at TIMESTAMP NOT NULL);
CREATE TABLE wall_event (id INTEGER PRIMARY KEY, user_name TEXT NOT NULL, event TEXT NOT NULL, prayer_id TEXT, tag TEXT,
  created_at TIMESTAMP NOT NULL);
CREATE INDEX mark_prayer ON prayer_mark (prayer_id);
