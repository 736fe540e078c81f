SELECT owner, name, kind, column_name
FROM (
    SELECT t.name AS owner, '' AS name, 'primary' AS kind, c.pk AS position, c.name AS column_name
    FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND c.pk > 0
    UNION ALL
    SELECT t.name, i.name, CASE i."unique" WHEN 1 THEN 'unique' ELSE 'index' END, c.seqno, c.name
    FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
    WHERE t.type = 'table' AND i.origin <> 'pk' AND i.partial = 0
        AND NOT EXISTS (SELECT 1 FROM pragma_index_info(i.name) AS e WHERE e.name IS NULL)
)
ORDER BY owner, kind, name, position
