-- Whoever made them before could else make them say something else.
ALTER SCHEMA hallpass_auth OWNER TO CURRENT_USER;
ALTER FUNCTION hallpass_auth.claims() OWNER TO CURRENT_USER;
ALTER FUNCTION hallpass_auth.user_id() OWNER TO CURRENT_USER;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hallpass_rules FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hallpass_auth FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hallpass_rules TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hallpass_auth TO {role};
GRANT USAGE ON SCHEMA hallpass_auth TO {role};
