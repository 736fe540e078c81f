SELECT
    t.name,
    f.seq + 1,
    NULL,
    f."from",
    f."table",
    coalesce(
        f."to",
        (SELECT k.name FROM pragma_table_info(f."table") AS k WHERE k.pk = f.seq + 1)
    ),
    f.on_delete,
    f.on_update,
    NULL
FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f
WHERE t.type = 'table'
ORDER BY t.name, f.id, f.seq
