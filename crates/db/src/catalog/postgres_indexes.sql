SELECT
    t.relname::text,
    n.relname::text,
    CASE WHEN i.indisprimary THEN 'primary' WHEN i.indisunique THEN 'unique' ELSE 'index' END,
    c.attname::text
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
JOIN pg_catalog.pg_class AS n ON n.oid = i.indexrelid
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum = k.attnum
WHERE t.relkind IN ('r', 'p')
    AND t.relnamespace = current_schema()::regnamespace
    AND i.indisvalid
    AND i.indpred IS NULL
    AND i.indexprs IS NULL
    AND k.position <= i.indnkeyatts
ORDER BY t.relname, 3, n.relname, k.position
