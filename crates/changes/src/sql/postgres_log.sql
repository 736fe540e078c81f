CREATE TABLE hallpass_change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    table_name text NOT NULL,
    operation text NOT NULL,
    row_key text,
    row_before text,
    row_after text,
    left_out text NOT NULL DEFAULT '',
    actor text
);
CREATE UNIQUE INDEX hallpass_change_position ON hallpass_change (position);
CREATE INDEX hallpass_change_waiting ON hallpass_change (seq) WHERE position IS NULL;
CREATE TABLE hallpass_change_head (
    id integer PRIMARY KEY,
    position bigint NOT NULL,
    removed bigint NOT NULL
);
INSERT INTO hallpass_change_head (id, position, removed) VALUES (1, 0, 0);
CREATE TABLE hallpass_change_reader (
    name varchar(64) PRIMARY KEY,
    position bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
