SELECT t.name, NULL, t.tbl_name, t.sql, 1, NULL
FROM sqlite_schema AS t
WHERE t.type = 'trigger' AND t.name LIKE 'hallpass\_%' ESCAPE '\'
ORDER BY t.tbl_name, t.name
