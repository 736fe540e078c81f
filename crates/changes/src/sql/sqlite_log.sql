CREATE TABLE hallpass_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    table_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    row_key TEXT,
    row_before TEXT,
    row_after TEXT,
    left_out TEXT NOT NULL DEFAULT '',
    actor TEXT
);
CREATE TABLE hallpass_change_head (
    id INTEGER PRIMARY KEY,
    removed INTEGER NOT NULL
);
INSERT INTO hallpass_change_head (id, removed) VALUES (1, 0);
CREATE TABLE hallpass_change_reader (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE hallpass_change_actor (
    actor TEXT NOT NULL
);
