CREATE OR REPLACE FUNCTION hallpass_auth.claims() RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = '' AS $hallpass$
DECLARE
  -- Asked for first: it loads the extension, and from then on nobody can set its key.
  said jsonb := auth.session();
BEGIN
  -- Without a key the extension believes a setting that everybody can make.
  IF COALESCE(current_setting('pg_session_jwt.jwk', true), '') = '' THEN RETURN NULL; END IF;
  IF said IS NULL OR jsonb_typeof(said) <> 'object' OR NULLIF(said ->> 'sub', '') IS NULL THEN RETURN NULL; END IF;
  RETURN said || jsonb_build_object('id', said -> 'sub');
END $hallpass$;

CREATE OR REPLACE FUNCTION hallpass_auth.user_id() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $hallpass$
  SELECT hallpass_auth.claims() ->> 'sub'
$hallpass$;
