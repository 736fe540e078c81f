SELECT t.typname::text, e.enumlabel::text
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
WHERE t.typnamespace = current_schema()::regnamespace
ORDER BY t.typname, e.enumsortorder
