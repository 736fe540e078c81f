SELECT
    t.relname::text,
    c.attname::text,
    format_type(c.atttypid, c.atttypmod),
    NOT c.attnotnull,
    c.atthasdef OR c.attidentity <> ''
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
WHERE t.relkind IN ('r', 'p') AND t.relnamespace = current_schema()::regnamespace
ORDER BY t.relname, c.attnum
