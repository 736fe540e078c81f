SELECT
    t.relname::text,
    x.relname::text,
    CASE
        WHEN i.indisprimary THEN 'primary'
        WHEN NOT i.indisvalid OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL THEN 'other'
        WHEN i.indisunique THEN 'unique'
        ELSE 'index'
    END AS kind,
    coalesce(c.attname::text, ''),
    EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS u WHERE u.conindid = i.indexrelid AND u.contype IN ('u', 'p')),
    CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
LEFT JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum = k.attnum
WHERE t.relkind IN ('r', 'p')
    AND (n.nspname = current_schema() OR n.nspname = ANY ($1::text[]))
    AND k.position <= i.indnkeyatts
ORDER BY n.nspname, t.relname, kind, x.relname, k.position
