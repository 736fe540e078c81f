CREATE OR REPLACE FUNCTION hallpass_auth.claims() RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = '' AS $hallpass$
DECLARE
  said jsonb;
BEGIN
  BEGIN
    said := NULLIF(current_setting('hallpass.user', true), '')::jsonb;
  EXCEPTION WHEN OTHERS THEN
    -- Without what was said: it may be logged.
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the setting hallpass.user is no JSON object';
  END;
  IF said IS NULL OR said = 'null'::jsonb THEN RETURN NULL; END IF;
  IF jsonb_typeof(said) <> 'object' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the setting hallpass.user is no JSON object';
  END IF;
  RETURN said;
END $hallpass$;

CREATE OR REPLACE FUNCTION hallpass_auth.user_id() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $hallpass$
  SELECT COALESCE(hallpass_auth.claims() ->> 'id', hallpass_auth.claims() ->> 'sub')
$hallpass$;
