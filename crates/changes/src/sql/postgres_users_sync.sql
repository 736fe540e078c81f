CREATE SCHEMA IF NOT EXISTS neon_auth;
CREATE TABLE neon_auth.users_sync (
    raw_json jsonb NOT NULL,
    id text GENERATED ALWAYS AS (raw_json ->> 'id') STORED NOT NULL,
    name text GENERATED ALWAYS AS (raw_json ->> 'display_name') STORED,
    email text GENERATED ALWAYS AS (raw_json ->> 'primary_email') STORED,
    created_at timestamptz GENERATED ALWAYS AS
        (to_timestamp(trunc((raw_json ->> 'signed_up_at_millis')::bigint / 1000.0)::double precision)) STORED,
    updated_at timestamptz,
    deleted_at timestamptz,
    CONSTRAINT users_sync_pkey PRIMARY KEY (id)
);
CREATE INDEX users_sync_deleted_at_idx ON neon_auth.users_sync (deleted_at);
