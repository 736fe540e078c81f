SELECT
    t.relname::text,
    c.attname::text,
    format_type(c.atttypid, c.atttypmod),
    NOT c.attnotnull,
    c.atthasdef OR c.attidentity <> '',
    CASE WHEN c.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    c.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false),
    CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END,
    CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) END,
    CASE WHEN NOT l.collisdeterministic THEN l.collname::text END,
    false
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
JOIN pg_catalog.pg_type AS y ON y.oid = c.atttypid
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = c.attcollation
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
WHERE t.relkind IN ('r', 'p') AND (n.nspname = current_schema() OR n.nspname = ANY ($1::text[]))
ORDER BY n.nspname <> current_schema(), n.nspname, t.relname, c.attnum
