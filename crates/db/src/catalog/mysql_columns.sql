SELECT
    c.table_name,
    c.column_name,
    CAST(c.column_type AS CHAR),
    c.is_nullable = 'YES',
    -- MariaDB writes the absent default of a nullable column as the word NULL.
    (c.column_default IS NOT NULL AND c.column_default <> 'NULL')
        OR c.extra LIKE '%auto_increment%'
        OR c.extra LIKE '%GENERATED%',
    CASE WHEN c.extra LIKE '%VIRTUAL%' OR c.extra LIKE '%STORED%' THEN NULL ELSE CAST(c.column_default AS CHAR) END,
    c.extra LIKE '%auto_increment%',
    NULL,
    NULL,
    NULL,
    FALSE
FROM information_schema.columns AS c
JOIN information_schema.tables AS t
    ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
WHERE c.table_schema = DATABASE()
ORDER BY c.table_name, c.ordinal_position
