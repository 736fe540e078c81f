-- Functions that call others here are SECURITY DEFINER: whoever asks cannot name those.

CREATE FUNCTION hallpass_rules.member(of jsonb, name text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF of IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(of) <> 'object' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no object where `' || name || '` is asked of it';
  END IF;
  RETURN NULLIF(of -> name, 'null'::jsonb);
END $hallpass$;

CREATE FUNCTION hallpass_rules.items(list jsonb) RETURNS SETOF jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF list IS NULL THEN RETURN; END IF;
  IF jsonb_typeof(list) <> 'array' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no list where one is asked for';
  END IF;
  RETURN QUERY SELECT NULLIF(item, 'null'::jsonb) FROM jsonb_array_elements(list) AS item;
END $hallpass$;

CREATE FUNCTION hallpass_rules.members(list jsonb, name text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = '' AS $hallpass$
DECLARE
  item jsonb;
  found jsonb := '[]';
  value jsonb;
BEGIN
  IF list IS NULL THEN RETURN NULL; END IF;
  FOR item IN SELECT hallpass_rules.items(list) LOOP
    value := hallpass_rules.member(item, name);
    IF jsonb_typeof(value) = 'array' THEN
      found := found || value;
    ELSE
      found := found || jsonb_build_array(value);
    END IF;
  END LOOP;
  RETURN found;
END $hallpass$;

CREATE FUNCTION hallpass_rules.length(list jsonb) RETURNS integer
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF list IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(list) <> 'array' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no list where one is asked for';
  END IF;
  RETURN jsonb_array_length(list);
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_text(said jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF said IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(said) <> 'string' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no text where one is asked for';
  END IF;
  RETURN said #>> '{}';
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_truth(said jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF said IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(said) <> 'boolean' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something else where true or false is asked for';
  END IF;
  RETURN said = 'true'::jsonb;
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_number(said jsonb) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
DECLARE
  digits text := said #>> '{}';
BEGIN
  IF said IS NULL THEN RETURN NULL; END IF;
  -- A number may stand as text, as ids do in sessions, but only in the one form that Hallpass writes.
  IF jsonb_typeof(said) = 'number'
    OR (jsonb_typeof(said) = 'string' AND digits ~ '^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\.[0-9]*[1-9])$' AND length(digits) < 400)
  THEN RETURN digits::numeric; END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no number where one is asked for';
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_whole(said jsonb) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = '' AS $hallpass$
DECLARE
  number numeric := hallpass_rules.as_number(said);
BEGIN
  IF number <> trunc(number) OR number NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no whole number where one is asked for';
  END IF;
  RETURN number::bigint;
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_moment(said jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $hallpass$
DECLARE
  moment text := hallpass_rules.as_text(said);
BEGIN
  IF moment IS NULL THEN RETURN NULL; END IF;
  IF moment !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no moment where one is asked for';
  END IF;
  RETURN date_trunc('milliseconds', moment::timestamptz);
END $hallpass$;

CREATE FUNCTION hallpass_rules.as_uuid(said jsonb) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = '' AS $hallpass$
DECLARE
  id text := hallpass_rules.as_text(said);
BEGIN
  IF id IS NULL THEN RETURN NULL; END IF;
  IF id !~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$' THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no UUID where one is asked for';
  END IF;
  RETURN id::uuid;
END $hallpass$;

CREATE FUNCTION hallpass_rules.label(member text, labels jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $hallpass$
BEGIN
  IF member IS NULL THEN RETURN NULL; END IF;
  IF labels -> member IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'hallpass: the person has something that is no member of its enum';
  END IF;
  RETURN labels ->> member;
END $hallpass$;

CREATE FUNCTION hallpass_rules.moment_now() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = '' AS $hallpass$
  SELECT date_trunc('milliseconds', statement_timestamp())
$hallpass$;

CREATE FUNCTION hallpass_rules.moment_like(moment timestamptz, kept timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT moment $hallpass$;

CREATE FUNCTION hallpass_rules.moment_like(moment timestamptz, kept timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT moment AT TIME ZONE 'UTC' $hallpass$;

CREATE FUNCTION hallpass_rules.moment_like(moment timestamptz, kept date) RETURNS timestamp
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT moment AT TIME ZONE 'UTC' $hallpass$;

CREATE FUNCTION hallpass_rules.moment_of(kept timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT kept $hallpass$;

CREATE FUNCTION hallpass_rules.moment_of(kept timestamp) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT kept AT TIME ZONE 'UTC' $hallpass$;

CREATE FUNCTION hallpass_rules.moment_of(kept date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = '' AS $hallpass$ SELECT kept::timestamp AT TIME ZONE 'UTC' $hallpass$;

CREATE FUNCTION hallpass_rules.user_id() RETURNS jsonb
LANGUAGE sql STABLE SET search_path = '' AS $hallpass$
  SELECT COALESCE(hallpass_rules.member(hallpass_auth.claims(), 'id'), hallpass_rules.member(hallpass_auth.claims(), 'sub'))
$hallpass$;
