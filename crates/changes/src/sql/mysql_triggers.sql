SELECT
    t.trigger_name,
    NULL,
    t.event_object_table,
    CAST(t.action_statement AS CHAR),
    1,
    NULL
FROM information_schema.triggers AS t
WHERE t.trigger_schema = DATABASE() AND t.trigger_name LIKE 'hallpass\_%'
ORDER BY t.event_object_table, t.trigger_name
