SELECT
    t.tgname::text,
    CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END,
    c.relname::text,
    p.prosrc,
    t.tgenabled IN ('O', 'A'),
    p.proname::text
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND pn.nspname = current_schema() AND p.proname LIKE 'hallpass\_%'
ORDER BY n.nspname, c.relname, t.tgname
