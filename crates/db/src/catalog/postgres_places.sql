SELECT 'current', coalesce(current_schema()::text, '')
UNION ALL
SELECT 'schema', nspname::text FROM pg_catalog.pg_namespace
UNION ALL
SELECT 'extension', extname::text FROM pg_catalog.pg_extension
