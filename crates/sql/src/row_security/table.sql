DO $hallpass$
DECLARE
  of oid := {table}::pg_catalog.regclass;
  asker name := {role};
  one record;
BEGIN
  IF pg_catalog.pg_has_role(asker, (SELECT relowner FROM pg_catalog.pg_class WHERE oid = of), 'MEMBER') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('the role %s owns the table %s, and could switch row-level security off', asker, of::pg_catalog.regclass);
  END IF;
  FOR one IN SELECT polname FROM pg_catalog.pg_policy
    WHERE polrelid = of AND polpermissive AND polname NOT LIKE 'hallpass: %'
    AND EXISTS (SELECT FROM pg_catalog.unnest(polroles) AS whom WHERE whom = 0 OR pg_catalog.pg_has_role(asker, whom, 'USAGE'))
  LOOP
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('the policy %I of the table %s is not of the schema, and would admit more', one.polname, of::pg_catalog.regclass);
  END LOOP;
END $hallpass$;
