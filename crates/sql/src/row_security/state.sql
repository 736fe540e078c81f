SELECT pg_catalog.concat_ws(' ', 'policy', polrelid::pg_catalog.regclass, polname, polpermissive, polcmd,
    (SELECT pg_catalog.string_agg(CASE WHEN whom = 0 THEN 'public' ELSE whom::pg_catalog.regrole::text END, ',' ORDER BY whom) FROM pg_catalog.unnest(polroles) AS whom),
    pg_catalog.pg_get_expr(polqual, polrelid), '/', pg_catalog.pg_get_expr(polwithcheck, polrelid)) AS what
  FROM pg_catalog.pg_policy
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'table', oid::pg_catalog.regclass, relrowsecurity, relforcerowsecurity) FROM pg_catalog.pg_class
  WHERE relkind IN ('r', 'p') AND (relrowsecurity OR relforcerowsecurity)
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'function', pg_catalog.pg_get_functiondef(oid), proowner::pg_catalog.regrole) FROM pg_catalog.pg_proc
  WHERE pronamespace IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('hallpass_rules', 'hallpass_auth'))
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'trigger', tgrelid::pg_catalog.regclass, tgenabled, pg_catalog.pg_get_triggerdef(oid)) FROM pg_catalog.pg_trigger
  WHERE tgname LIKE 'hallpass: %' AND NOT tgisinternal
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'right', of.oid::pg_catalog.regclass, "right".grantee::pg_catalog.regrole, "right".privilege_type) FROM pg_catalog.pg_class AS of
  CROSS JOIN pg_catalog.aclexplode(of.relacl) AS "right" WHERE "right".grantee <> of.relowner
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'right', attrelid::pg_catalog.regclass, attname, "right".grantee::pg_catalog.regrole, "right".privilege_type) FROM pg_catalog.pg_attribute
  CROSS JOIN pg_catalog.aclexplode(attacl) AS "right"
UNION ALL
SELECT pg_catalog.concat_ws(' ', 'right', nspname, "right".grantee::pg_catalog.regrole, "right".privilege_type) FROM pg_catalog.pg_namespace
  CROSS JOIN pg_catalog.aclexplode(nspacl) AS "right"
ORDER BY what
