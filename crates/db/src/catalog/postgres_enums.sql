SELECT
    t.typname::text,
    e.enumlabel::text,
    CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
WHERE n.nspname = current_schema() OR n.nspname = ANY ($1::text[])
ORDER BY n.nspname <> current_schema(), n.nspname, t.typname, e.enumsortorder
