DO $hallpass$
DECLARE
  asker name := {role};
  one record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = asker) THEN
    BEGIN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', asker);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = asker AND (rolsuper OR rolbypassrls)) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('the role %s is above row-level security; choose another', asker);
  END IF;
  IF pg_catalog.pg_has_role(asker, CURRENT_USER, 'MEMBER') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('the role %s could act as %s, to whom no rule applies', asker, CURRENT_USER);
  END IF;
  IF pg_catalog.pg_has_role(CURRENT_USER, asker, 'USAGE')
    AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('%s inherits the role %s, so the rules would apply to the functions that judge them; grant the role to a login of its own', CURRENT_USER, asker);
  END IF;
  FOR one IN SELECT polname, polrelid::pg_catalog.regclass AS of FROM pg_catalog.pg_policy WHERE polname LIKE 'hallpass: %' LOOP
    EXECUTE pg_catalog.format('DROP POLICY %I ON %s', one.polname, one.of);
  END LOOP;
  FOR one IN SELECT tgname, tgrelid::pg_catalog.regclass AS of FROM pg_catalog.pg_trigger WHERE tgname LIKE 'hallpass: %' AND NOT tgisinternal LOOP
    EXECUTE pg_catalog.format('DROP TRIGGER %I ON %s', one.tgname, one.of);
  END LOOP;
END $hallpass$;

DROP SCHEMA IF EXISTS hallpass_rules CASCADE;
CREATE SCHEMA hallpass_rules;
CREATE SCHEMA IF NOT EXISTS hallpass_auth;
REVOKE ALL ON SCHEMA hallpass_rules, hallpass_auth FROM PUBLIC;
