SELECT owner, name, kind, column_name, is_constraint, NULL
FROM (
    SELECT t.name AS owner, '' AS name, 'primary' AS kind, c.pk AS position, c.name AS column_name, 1 AS is_constraint
    FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND c.pk > 0
    UNION ALL
    SELECT
        t.name,
        i.name,
        CASE
            WHEN i.partial = 1 OR EXISTS (SELECT 1 FROM pragma_index_info(i.name) AS e WHERE e.name IS NULL) THEN 'other'
            WHEN i."unique" = 1 THEN 'unique'
            ELSE 'index'
        END,
        c.seqno,
        coalesce(c.name, ''),
        i.origin = 'u'
    FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
    WHERE t.type = 'table' AND i.origin <> 'pk'
)
ORDER BY owner, kind, name, position
