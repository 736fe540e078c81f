CREATE TABLE neon_auth_users_sync (
    raw_json JSON NOT NULL,
    id VARCHAR(255) /* collation */ GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(raw_json, '$.id'))) STORED,
    name LONGTEXT GENERATED ALWAYS AS
        (CASE JSON_TYPE(JSON_EXTRACT(raw_json, '$.display_name')) WHEN 'NULL' THEN NULL
         ELSE JSON_UNQUOTE(JSON_EXTRACT(raw_json, '$.display_name')) END) STORED,
    email LONGTEXT GENERATED ALWAYS AS
        (CASE JSON_TYPE(JSON_EXTRACT(raw_json, '$.primary_email')) WHEN 'NULL' THEN NULL
         ELSE JSON_UNQUOTE(JSON_EXTRACT(raw_json, '$.primary_email')) END) STORED,
    created_at DATETIME GENERATED ALWAYS AS
        (CASE JSON_TYPE(JSON_EXTRACT(raw_json, '$.signed_up_at_millis')) WHEN 'NULL' THEN NULL
         ELSE TIMESTAMPADD(SECOND, JSON_EXTRACT(raw_json, '$.signed_up_at_millis') DIV 1000, TIMESTAMP'1970-01-01 00:00:00') END) STORED,
    updated_at DATETIME(6),
    deleted_at DATETIME(6),
    UNIQUE KEY users_sync_pkey (id),
    KEY users_sync_deleted_at_idx (deleted_at)
) ENGINE = InnoDB;
