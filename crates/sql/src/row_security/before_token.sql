DO $hallpass$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_session_jwt') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'the extension pg_session_jwt, which verifies tokens, is not switched on in this database';
  END IF;
END $hallpass$;
