SELECT
    s.table_name,
    s.index_name,
    CASE
        WHEN s.index_name = 'PRIMARY' THEN 'primary'
        -- Those over expressions, over the beginning of a text or for words are no more than known to be there.
        WHEN s.index_type = 'FULLTEXT' OR EXISTS (
            SELECT 1
            FROM information_schema.statistics AS e
            WHERE e.table_schema = s.table_schema
                AND e.table_name = s.table_name
                AND e.index_name = s.index_name
                AND (e.column_name IS NULL OR e.sub_part IS NOT NULL)
        ) THEN 'other'
        WHEN s.non_unique = 0 THEN 'unique'
        ELSE 'index'
    END AS kind,
    coalesce(s.column_name, ''),
    0,
    NULL
FROM information_schema.statistics AS s
WHERE s.table_schema = DATABASE()
ORDER BY s.table_name, kind, s.index_name, s.seq_in_index
