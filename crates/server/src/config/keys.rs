//! Every setting, one row each. The file reader, the environment reader and the messages all go by this table.
//!
//! To add a setting: a row here, its line in `Config::read`, its line in the help text of `cli.rs`.

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its place in the file: `port`, or `email.from` for `from` under `[email]`.
    pub(super) path: &'static str,
    /// The environment variables that set it; the first that is set and not empty wins.
    pub(super) variables: &'static [&'static str],
    /// Whether the file may hold a list.
    pub(super) list: bool,
}

const fn key(path: &'static str, variables: &'static [&'static str]) -> Key {
    Key {
        path,
        variables,
        list: false,
    }
}

/// The targets of user sync: a list of `name=address`, or a table of them.
pub(super) const TARGETS: &str = "sync.targets";

/// Names of models in paths of the REST style: a list of `model=name`, or a table of them.
pub(super) const MODEL_NAMES: &str = "data.model_name_mapping";

/// Keys that stand for the identity in the REST style: a list of `model=key`, or a table of them.
pub(super) const EXTERNAL_IDS: &str = "data.external_id_mapping";

/// Lists of `name=value` that may be tables of them, too.
pub(super) const PAIRS: [&str; 3] = [TARGETS, MODEL_NAMES, EXTERNAL_IDS];

/// The table.
pub(super) const KEYS: &[Key] = &[
    key("app", &["HALLPASS_APP"]),
    key("api.docs", &["HALLPASS_API_DOCS"]),
    Key {
        path: "console.administrators",
        variables: &["HALLPASS_CONSOLE_ADMINISTRATORS"],
        list: true,
    },
    key("console.role", &["HALLPASS_CONSOLE_ROLE"]),
    key("console.role_field", &["HALLPASS_CONSOLE_ROLE_FIELD"]),
    key("host", &["HOST"]),
    key("port", &["PORT"]),
    key("url", &["AUTH_URL", "NEXTAUTH_URL"]),
    key("trust_host", &["AUTH_TRUST_HOST"]),
    key("redirect_proxy_url", &["AUTH_REDIRECT_PROXY_URL"]),
    Key {
        path: "secret",
        variables: &["AUTH_SECRET", "NEXTAUTH_SECRET"],
        list: true,
    },
    Key {
        path: "accepted_secret",
        variables: &["HALLPASS_ACCEPTED_SECRET"],
        list: true,
    },
    key("database_url", &["DATABASE_URL"]),
    Key {
        path: "server_keys",
        variables: &["HALLPASS_SERVER_KEYS"],
        list: true,
    },
    key("account_tokens", &["HALLPASS_ACCOUNT_TOKENS"]),
    key("database.layout", &["HALLPASS_LAYOUT"]),
    key("database.schema", &["HALLPASS_SCHEMA"]),
    Key {
        path: "fields.encryption_keys",
        variables: &["HALLPASS_ENCRYPTION_KEYS"],
        list: true,
    },
    key(
        "fields.password_algorithm",
        &["HALLPASS_FIELDS_PASSWORD_ALGORITHM"],
    ),
    key("fields.threads", &["HALLPASS_FIELDS_THREADS"]),
    key("fields.waiting", &["HALLPASS_FIELDS_WAITING"]),
    key("cleanup", &["HALLPASS_CLEANUP"]),
    key("metrics.listen", &["HALLPASS_METRICS_LISTEN"]),
    Key {
        path: "changes.track",
        variables: &["HALLPASS_CHANGES_TRACK"],
        list: true,
    },
    key("changes.keep", &["HALLPASS_CHANGES_KEEP"]),
    key("changes.most", &["HALLPASS_CHANGES_MOST"]),
    key("changes.most_bytes", &["HALLPASS_CHANGES_MOST_BYTES"]),
    key("audit.enabled", &["HALLPASS_AUDIT"]),
    key("audit.rows", &["HALLPASS_AUDIT_ROWS"]),
    key("audit.keep", &["HALLPASS_AUDIT_KEEP"]),
    key("audit.clients", &["HALLPASS_AUDIT_CLIENTS"]),
    key("sync.deletion", &["HALLPASS_SYNC_DELETION"]),
    Key {
        path: TARGETS,
        variables: &["HALLPASS_SYNC_TARGETS"],
        list: true,
    },
    key("sync.interval", &["HALLPASS_SYNC_INTERVAL"]),
    key("session.strategy", &["AUTH_SESSION_STRATEGY"]),
    key("linking.before_proof", &["HALLPASS_BEFORE_PROOF"]),
    key(
        "linking.recent_sign_in",
        &["HALLPASS_LINKING_RECENT_SIGN_IN"],
    ),
    Key {
        path: "linking.verifying_providers",
        variables: &["HALLPASS_VERIFYING_PROVIDERS"],
        list: true,
    },
    key("sessions.at_rest", &["HALLPASS_SESSIONS_AT_REST"]),
    key(
        "sessions.last_seen_interval",
        &["HALLPASS_SESSIONS_LAST_SEEN_INTERVAL"],
    ),
    key("sessions.network", &["HALLPASS_SESSIONS_NETWORK"]),
    key(
        "sessions.country_header",
        &["HALLPASS_SESSIONS_COUNTRY_HEADER"],
    ),
    key(
        "sessions.revocation_interval",
        &["HALLPASS_SESSIONS_REVOCATION_INTERVAL"],
    ),
    key("sessions.outage", &["HALLPASS_SESSIONS_OUTAGE"]),
    key("sessions.sign_out", &["HALLPASS_SESSIONS_SIGN_OUT"]),
    key("email.from", &["EMAIL_FROM"]),
    key("email.server", &["EMAIL_SERVER"]),
    key("email.host", &["EMAIL_SERVER_HOST"]),
    key("email.port", &["EMAIL_SERVER_PORT"]),
    key("email.user", &["EMAIL_SERVER_USER"]),
    key("email.password", &["EMAIL_SERVER_PASSWORD"]),
    key("email.resend_key", &["AUTH_RESEND_KEY"]),
    key("email.resend_url", &["AUTH_RESEND_URL"]),
    key("email.sendgrid_key", &["AUTH_SENDGRID_KEY"]),
    key("email.postmark_key", &["AUTH_POSTMARK_KEY"]),
    key("email.mailgun_key", &["AUTH_MAILGUN_KEY"]),
    key("email.mailgun_region", &["HALLPASS_MAILGUN_REGION"]),
    key("email.forwardemail_key", &["AUTH_FORWARDEMAIL_KEY"]),
    key("email.loops_key", &["AUTH_LOOPS_KEY"]),
    key(
        "email.loops_transactional_id",
        &["HALLPASS_LOOPS_TRANSACTIONAL_ID"],
    ),
    key("email.mandrill_key", &["AUTH_MANDRILL_KEY"]),
    key("email.api_url", &["HALLPASS_EMAIL_API_URL"]),
    key("email.confirm", &["EMAIL_CONFIRM"]),
    key("account.pages", &["HALLPASS_ACCOUNT_PAGES"]),
    key("second_factor.require", &["HALLPASS_SECOND_FACTOR"]),
    key(
        "second_factor.passkeys",
        &["HALLPASS_SECOND_FACTOR_PASSKEYS"],
    ),
    key("second_factor.issuer", &["HALLPASS_SECOND_FACTOR_ISSUER"]),
    key(
        "second_factor.remember",
        &["HALLPASS_SECOND_FACTOR_REMEMBER"],
    ),
    key("passkeys.enabled", &["HALLPASS_PASSKEYS"]),
    key(
        "passkeys.relying_party",
        &["HALLPASS_PASSKEYS_RELYING_PARTY"],
    ),
    key(
        "passkeys.relying_party_name",
        &["HALLPASS_PASSKEYS_RELYING_PARTY_NAME"],
    ),
    key("passkeys.newcomers", &["HALLPASS_PASSKEYS_NEWCOMERS"]),
    key("strict", &["HALLPASS_STRICT"]),
    key("database.add_columns", &["HALLPASS_DATABASE_ADD_COLUMNS"]),
    key("password.enabled", &["HALLPASS_PASSWORD"]),
    key("register.enabled", &["HALLPASS_REGISTER"]),
    key(
        "register.tell_existing",
        &["HALLPASS_REGISTER_TELL_EXISTING"],
    ),
    key("register.sign_in", &["HALLPASS_REGISTER_SIGN_IN"]),
    key("password.field", &["HALLPASS_PASSWORD_FIELD"]),
    key("password.algorithm", &["HALLPASS_PASSWORD_ALGORITHM"]),
    key(
        "password.argon2_memory_kib",
        &["HALLPASS_PASSWORD_ARGON2_MEMORY_KIB"],
    ),
    key(
        "password.argon2_passes",
        &["HALLPASS_PASSWORD_ARGON2_PASSES"],
    ),
    key("password.bcrypt_cost", &["HALLPASS_PASSWORD_BCRYPT_COST"]),
    key("password.upgrade", &["HALLPASS_PASSWORD_UPGRADE"]),
    key(
        "password.require_verified",
        &["HALLPASS_PASSWORD_REQUIRE_VERIFIED"],
    ),
    key("password.min_length", &["HALLPASS_PASSWORD_MIN_LENGTH"]),
    key("password.breach_check", &["HALLPASS_PASSWORD_BREACH_CHECK"]),
    key("password.breach_url", &["HALLPASS_PASSWORD_BREACH_URL"]),
    key("password.threads", &["HALLPASS_PASSWORD_THREADS"]),
    key("password.waiting", &["HALLPASS_PASSWORD_WAITING"]),
    Key {
        path: "limits.quotas",
        variables: &[],
        list: true,
    },
    Key {
        path: "limits.trusted_proxies",
        variables: &["HALLPASS_TRUSTED_PROXIES"],
        list: true,
    },
    key("limits.store", &["HALLPASS_LIMITS_STORE"]),
    key("data.enabled", &["HALLPASS_DATA"]),
    key("data.rpc_path", &["HALLPASS_DATA_RPC_PATH"]),
    key("data.rest_path", &["HALLPASS_DATA_REST_PATH"]),
    Key {
        path: "data.open",
        variables: &["HALLPASS_DATA_OPEN"],
        list: true,
    },
    Key {
        path: "data.closed",
        variables: &["HALLPASS_DATA_CLOSED"],
        list: true,
    },
    key("data.others", &["HALLPASS_DATA_OTHERS"]),
    key("data.dialect", &["HALLPASS_DATA_DIALECT"]),
    key("data.nested_routes", &["HALLPASS_DATA_NESTED_ROUTES"]),
    key("data.linkage", &["HALLPASS_DATA_LINKAGE"]),
    key("data.id_divider", &["HALLPASS_DATA_ID_DIVIDER"]),
    key(
        "data.url_segment_charset",
        &["HALLPASS_DATA_URL_SEGMENT_CHARSET"],
    ),
    Key {
        path: MODEL_NAMES,
        variables: &["HALLPASS_DATA_MODEL_NAME_MAPPING"],
        list: true,
    },
    Key {
        path: EXTERNAL_IDS,
        variables: &["HALLPASS_DATA_EXTERNAL_ID_MAPPING"],
        list: true,
    },
    key("data.body_bytes", &["HALLPASS_DATA_BODY_BYTES"]),
    key("data.rows", &["HALLPASS_DATA_ROWS"]),
    key("data.all_rows", &["HALLPASS_DATA_ALL_ROWS"]),
    key("data.read_bytes", &["HALLPASS_DATA_READ_BYTES"]),
    key("data.page_size", &["HALLPASS_DATA_PAGE_SIZE"]),
    key("data.include_depth", &["HALLPASS_DATA_INCLUDE_DEPTH"]),
    key("data.filter_depth", &["HALLPASS_DATA_FILTER_DEPTH"]),
    key("data.statement_time", &["HALLPASS_DATA_STATEMENT_TIME"]),
    key("data.call_time", &["HALLPASS_DATA_CALL_TIME"]),
    key("data.live", &["HALLPASS_DATA_LIVE"]),
    key("data.live_queries", &["HALLPASS_DATA_LIVE_QUERIES"]),
    key(
        "data.live_queries_of_person",
        &["HALLPASS_DATA_LIVE_QUERIES_OF_PERSON"],
    ),
    key("data.live_rows", &["HALLPASS_DATA_LIVE_ROWS"]),
    key("data.live_bytes", &["HALLPASS_DATA_LIVE_BYTES"]),
    key("data.live_look_again", &["HALLPASS_DATA_LIVE_LOOK_AGAIN"]),
    key("data.live_interval", &["HALLPASS_DATA_LIVE_INTERVAL"]),
    key("limits.redis_url", &["REDIS_URL"]),
];

/// Newer secrets, newest first; they stand before the one of `secret`.
///
/// Source: contract authjs §12.
pub(super) const NEWER_SECRETS: &[&str] = &["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1"];

/// The row of this path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether this is a table that holds settings, such as `email`.
pub(super) fn is_table(name: &str) -> bool {
    KEYS.iter().any(|key| {
        key.path
            .split_once('.')
            .is_some_and(|(table, _)| table == name)
    })
}

/// The setting or the table whose path is most like this one, if any is.
pub(super) fn nearest(path: &str) -> Option<&'static str> {
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let tables = KEYS
        .iter()
        .filter_map(|key| key.path.split_once('.'))
        .map(|(table, _)| (table, strsim::normalized_damerau_levenshtein(path, table)));
    KEYS.iter()
        .map(|key| {
            let whole = strsim::normalized_damerau_levenshtein(path, key.path);
            // `from` at the top, or `[mail] from`, means `email.from`.
            let typed = path.rsplit('.').next().unwrap_or(path);
            let part = strsim::normalized_damerau_levenshtein(typed, last(key.path)) * 0.9;
            (key.path, whole.max(part))
        })
        .chain(tables)
        .filter(|(_, likeness)| *likeness > 0.6)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_keys_find_their_neighbours() {
        let rows = [
            ("prot", Some("port")),
            ("emial.from", Some("email.from")),
            ("email.fron", Some("email.from")),
            ("mail.confirm", Some("email.confirm")),
            ("from", Some("email.from")),
            ("trust-host", Some("trust_host")),
            ("databaseurl", Some("database_url")),
            ("passwords", Some("password")),
            ("emails", Some("email")),
            ("completely_else", None),
            ("", None),
        ];
        for (typed, meant) in rows {
            assert_eq!(nearest(typed), meant, "{typed}");
        }
    }

    #[test]
    fn every_path_and_every_variable_stands_once() {
        let mut seen: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        seen.extend(KEYS.iter().flat_map(|key| key.variables));
        seen.extend(NEWER_SECRETS);
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
