DO $hallpass$
DECLARE
  counter text := pg_catalog.pg_get_serial_sequence({table}, {column});
BEGIN
  IF counter IS NOT NULL THEN
    EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE %s TO %I', counter, {role});
  END IF;
END $hallpass$;
