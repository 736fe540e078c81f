SELECT
    t.relname::text,
    k.position,
    f.conname::text,
    c.attname::text,
    CASE
        WHEN r.relnamespace = t.relnamespace THEN r.relname::text
        ELSE r.relnamespace::regnamespace::text || '.' || r.relname::text
    END,
    rc.attname::text,
    CASE f.confdeltype
        WHEN 'c' THEN 'CASCADE'
        WHEN 'n' THEN 'SET NULL'
        WHEN 'r' THEN 'RESTRICT'
        WHEN 'd' THEN 'SET DEFAULT'
        ELSE 'NO ACTION'
    END,
    CASE f.confupdtype
        WHEN 'c' THEN 'CASCADE'
        WHEN 'n' THEN 'SET NULL'
        WHEN 'r' THEN 'RESTRICT'
        WHEN 'd' THEN 'SET DEFAULT'
        ELSE 'NO ACTION'
    END,
    CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS t ON t.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class AS r ON r.oid = f.confrelid
CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (attnum, references_attnum, position)
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum = k.attnum
JOIN pg_catalog.pg_attribute AS rc ON rc.attrelid = r.oid AND rc.attnum = k.references_attnum
WHERE f.contype = 'f' AND f.conparentid = 0
    AND (n.nspname = current_schema() OR n.nspname = ANY ($1::text[]))
ORDER BY n.nspname, t.relname, f.conname, f.oid, k.position
