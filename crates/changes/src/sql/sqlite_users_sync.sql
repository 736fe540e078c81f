CREATE TABLE neon_auth_users_sync (
    raw_json TEXT NOT NULL,
    id TEXT GENERATED ALWAYS AS (json_extract(raw_json, '$.id')) STORED NOT NULL UNIQUE,
    name TEXT GENERATED ALWAYS AS (json_extract(raw_json, '$.display_name')) STORED,
    email TEXT GENERATED ALWAYS AS (json_extract(raw_json, '$.primary_email')) STORED,
    created_at TEXT GENERATED ALWAYS AS
        (strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(raw_json, '$.signed_up_at_millis') / 1000, 'unixepoch')) STORED,
    updated_at TEXT,
    deleted_at TEXT
);
CREATE INDEX users_sync_deleted_at_idx ON neon_auth_users_sync (deleted_at);
