SELECT
    s.table_name,
    s.index_name,
    CASE WHEN s.index_name = 'PRIMARY' THEN 'primary' WHEN s.non_unique = 0 THEN 'unique' ELSE 'index' END AS kind,
    s.column_name
FROM information_schema.statistics AS s
WHERE s.table_schema = DATABASE()
    -- Those over expressions or over the beginning of a text are left out as a whole.
    AND NOT EXISTS (
        SELECT 1
        FROM information_schema.statistics AS e
        WHERE e.table_schema = s.table_schema
            AND e.table_name = s.table_name
            AND e.index_name = s.index_name
            AND (e.column_name IS NULL OR e.sub_part IS NOT NULL)
    )
ORDER BY s.table_name, kind, s.index_name, s.seq_in_index
