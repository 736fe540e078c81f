SELECT
    t.name,
    c.name,
    c.type,
    c."notnull" = 0,
    c.dflt_value IS NOT NULL
        OR c.hidden IN (2, 3)
        OR (c.pk = 1 AND upper(c.type) = 'INTEGER'
            AND (SELECT count(*) FROM pragma_table_xinfo(t.name) AS k WHERE k.pk > 0) = 1),
    c.dflt_value,
    c.pk = 1 AND upper(c.type) = 'INTEGER'
        AND (SELECT count(*) FROM pragma_table_xinfo(t.name) AS k WHERE k.pk > 0) = 1,
    NULL,
    NULL,
    NULL,
    -- Without the word, the number of the last row is given again once that row is gone.
    c.pk = 1 AND upper(c.type) = 'INTEGER' AND t.sql NOT LIKE '%AUTOINCREMENT%'
        AND (SELECT count(*) FROM pragma_table_xinfo(t.name) AS k WHERE k.pk > 0) = 1
FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.hidden <> 1
ORDER BY t.name, c.cid
