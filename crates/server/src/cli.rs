//! The command line: what can be typed, and what `--help` teaches.
//!
//! To add a command: a variant here, a file in `commands/`, an arm in `main.rs`.

pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod db;
pub(crate) mod policy;
pub(crate) mod sync;
pub(crate) mod webhooks;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config;

const EXAMPLES: &str = "\
Examples:
  hallpass                      try it: sign-in, mailbox and todo list on http://localhost:3000
  hallpass dev --port 8080      the same on a port of your choice
  hallpass secret               print a new secret for AUTH_SECRET
  hallpass doctor               look at the tables of an existing database, and mend what is chosen
  hallpass zmodel check         say every mistake of schema.zmodel
  hallpass db                   bring tables to where a schema is: push, pull, migrations
  hallpass changes status       say which tables the change log is about, and how far its readers are
  hallpass sync status          say whether every user is told of in `users_sync`
  hallpass webhooks list        say how far servers are that are told what happens to users
  hallpass audit verify         say who did what, and whether anybody changed what is written of it
  hallpass policy explain       say which access rules admit something, and which refuse it
  hallpass policy rls           write access rules as row-level security, for programs that speak SQL
  hallpass serve                run in earnest, set up by hallpass.toml or the environment

Learn more about a command with `hallpass <command> --help`.";

const DEV_EXAMPLES: &str = "\
Everything is kept in the data directory: the SQLite database and a random secret. Mail is not sent; it is shown
under /dev/mailbox, and its links are printed here. Services are offered whose variables are set, such as AUTH_GITHUB_ID
and AUTH_GITHUB_SECRET. Whoever signs in as admin@example.com may enter /console. Use `hallpass serve` for anything that
others can reach.

Examples:
  hallpass dev
  hallpass dev --port 8080 --data-dir /tmp/try";

const SERVE_EXAMPLES: &str = "\
Settings come from the environment (the names that Auth.js uses) and from hallpass.toml; the environment wins.

  VARIABLE                IN THE FILE         MEANING
  AUTH_SECRET             secret              signs and encrypts; make one with `hallpass secret`
  DATABASE_URL            database_url        postgres://…, mysql://… or sqlite:./file.db
  HALLPASS_LAYOUT         database.layout     what the sign-in tables look like: auto, prisma, prisma-snake, pg-adapter,
                                              neon, drizzle; auto when left out
  HALLPASS_SCHEMA         database.schema     a .zmodel file of yours with the sign-in models, in place of a layout
  AUTH_URL                url                 the address people use: https://todo.example.com
  AUTH_TRUST_HOST         trust_host          take the address from the proxy's headers instead
  HOST                    host                the address to listen on; 127.0.0.1 when left out
  PORT                    port                the port to listen on; 3000 when left out
  EMAIL_FROM              [email] from        the sender of sign-in mails
  EMAIL_SERVER            [email] server      smtp://user:password@smtp.example.com:587
  AUTH_RESEND_KEY         [email] resend_key  send through Resend instead
  AUTH_SENDGRID_KEY       [email] sendgrid_key  or through SendGrid; AUTH_POSTMARK_KEY (postmark_key), AUTH_MAILGUN_KEY
                                              (mailgun_key, with HALLPASS_MAILGUN_REGION, mailgun_region: us or eu),
                                              AUTH_FORWARDEMAIL_KEY (forwardemail_key), AUTH_LOOPS_KEY (loops_key, with
                                              HALLPASS_LOOPS_TRANSACTIONAL_ID, loops_transactional_id), AUTH_MANDRILL_KEY
                                              (mandrill_key); HALLPASS_EMAIL_API_URL (api_url) for another address of theirs
  EMAIL_CONFIRM           [email] confirm     ask for a click before a link signs in: auto, always or never
  HALLPASS_ACCOUNT_PAGES  [account] pages     whether people have pages for their accounts: true or false
  HALLPASS_SECOND_FACTOR  [second_factor] require  who needs a code of an app: optional, always or off
  HALLPASS_SECOND_FACTOR_PASSKEYS  [second_factor] passkeys  offered in place of a code, or required of whoever has one
  HALLPASS_SECOND_FACTOR_ISSUER    [second_factor] issuer    the name that apps show; the host when left out
  HALLPASS_SECOND_FACTOR_REMEMBER  [second_factor] remember  how long browsers are remembered: 30d, or off
  AUTH_SESSION_STRATEGY   [session] strategy  database, or jwt; database when left out
  HALLPASS_PASSWORD       [password] enabled  sign-in by mail address and password: true or false
  HALLPASS_PASSKEYS       [passkeys] enabled  sign-in by passkeys: true or false
  HALLPASS_PASSKEYS_RELYING_PARTY       relying_party       the domain that keys are for; the host when left out
  HALLPASS_PASSKEYS_RELYING_PARTY_NAME  relying_party_name  what devices call the site; its host when left out
  HALLPASS_PASSKEYS_NEWCOMERS           newcomers           keys of people who are not known: refused, or admitted
  HALLPASS_REGISTER       [register] enabled  people may register themselves: true or false
  HALLPASS_STRICT         strict              refuse what Auth.js refuses: true or false
  HALLPASS_DATABASE_ADD_COLUMNS  [database] add_columns  add columns to tables made by an older version: true or false
  HALLPASS_TRUSTED_PROXIES [limits] trusted_proxies  the proxies whose X-Forwarded-For is believed: 10.0.0.0/8; none when
                                              left out
  HALLPASS_LIMITS_STORE   [limits] store      who counts for limits: memory, database or redis; database when left out,
                                              memory on SQLite
  REDIS_URL               [limits] redis_url  redis://user:password@host:6379/0, for the store redis
                          [limits] quotas     how often what may be tried: `sign_in_mail per client: 30/1h`
  HALLPASS_DATA           [data] enabled      the data over HTTP, where access rules open any of it: true or false
  HALLPASS_DATA_RPC_PATH                rpc_path            where clients of ZenStack look for it: /api/model, or off
  HALLPASS_DATA_REST_PATH               rest_path           where the JSON:API is: /api/rest, or off
  HALLPASS_DATA_OPEN                    open                models that are there whatever else is said: User,Team
  HALLPASS_DATA_CLOSED                  closed              models that are not there
  HALLPASS_DATA_OTHERS                  others              all other models: ruled (those with @@allow), or closed
  HALLPASS_DATA_LIVE                    live                results that tell what changes in them: true or false
  HALLPASS_SESSIONS_AT_REST             [sessions] at_rest  how tokens stand in the table: auto, clear or hashed
  HALLPASS_SESSIONS_LAST_SEEN_INTERVAL  last_seen_interval  time between two notes of when a session was seen; 15m
  HALLPASS_SESSIONS_NETWORK             network             whether the network of a session is kept; true
  HALLPASS_SESSIONS_COUNTRY_HEADER      country_header      header in which your proxy says the country
  HALLPASS_SESSIONS_REVOCATION_INTERVAL revocation_interval time after which other processes know what ended; 5s
  HALLPASS_SESSIONS_OUTAGE              outage              accept or refuse tokens while that cannot be known
  HALLPASS_SESSIONS_SIGN_OUT            sign_out            revoke copies of a token, or cookie only
  AUTH_GITHUB_ID          [providers.github] id       sign-in with GitHub, and so with each of the ninety services that
  AUTH_GITHUB_SECRET      [providers.github] secret   docs/providers.md lists, and any other with `type = 'oidc'`
  AUTH_KEYCLOAK_ISSUER    [providers.keycloak] issuer its address, where everybody has one of their own
  AUTH_REDIRECT_PROXY_URL redirect_proxy_url  a deployment whose address services know in place of this one's
  HALLPASS_SERVER_KEYS    server_keys         keys with which servers ask for tokens of people: 32 characters each at least,
                                              with commas between; none when left out
  HALLPASS_ACCOUNT_TOKENS account_tokens      how tokens of services stand in the table: auto, clear or sealed
  HALLPASS_APP            app                 what is shown at /: todos, team (the same with a board for everybody), or none; todos when left out
  HALLPASS_API_DOCS       [api] docs          who may read how the API is described, at /api/docs: open, signed-in, or
                                              off; off when left out
  HALLPASS_CONSOLE_ADMINISTRATORS
                          [console] administrators
                                              addresses of those who may enter /console, with commas between; nobody, and no
                                              console, when left out
  HALLPASS_CONSOLE_ROLE   [console] role      and whose role is this: admin
  HALLPASS_CONSOLE_ROLE_FIELD
                          [console] role_field
                                              the field of the model `User` where it stands: role when left out
  HALLPASS_CLEANUP        cleanup             how often expired rows are removed: 1h when left out, or off
  HALLPASS_METRICS_LISTEN [metrics] listen    where Prometheus reads measurements: 127.0.0.1:9464; nowhere when left out
  HALLPASS_CHANGES_TRACK  [changes] track     models that the change log is about, beside the users and those with @@track
  HALLPASS_CHANGES_KEEP   [changes] keep      how long changes are kept: 90d; for ever when left out, or off
  HALLPASS_CHANGES_MOST   [changes] most      how many changes are kept; any number when left out
  HALLPASS_CHANGES_MOST_BYTES  [changes] most_bytes  how many bytes they may come to; any number when left out
  HALLPASS_AUDIT          [audit] enabled     keep an audit trail: true or false; false when left out
  HALLPASS_AUDIT_ROWS     [audit] rows        with what happens to tracked rows: true or false; true when left out
  HALLPASS_AUDIT_KEEP     [audit] keep        how long entries are kept: 400d; for ever when left out, or off
  HALLPASS_AUDIT_CLIENTS  [audit] clients     what is kept of where requests come from: address, network or none
  HALLPASS_SYNC_TARGETS   [sync] targets      other databases that are told of users: `billing=postgres://…`, blanks between
  HALLPASS_SYNC_INTERVAL  [sync] interval     how often the change log is looked at for them: 1s when left out
  HALLPASS_WEBHOOK_…_SECRETS [webhooks.…] url, secrets, events, private  servers that are told what happens to users: see
                                              `hallpass webhooks --help`
  HALLPASS_SYNC_DELETION  [sync] deletion     what becomes of the row in `users_sync` of users who go: soft or hard; soft when
                                              left out
  HALLPASS_BEFORE_PROOF   [linking] before_proof
                                              what others may have made of a user whose address was never proven: remove,
                                              or keep; remove when left out
  HALLPASS_LINKING_RECENT_SIGN_IN
                          [linking] recent_sign_in
                                              adding an account at a service or a passkey takes a sign-in of the last ten
                                              minutes: true when left out, or false
  HALLPASS_VERIFYING_PROVIDERS
                          [linking] verifying_providers
                                              which providers check addresses, so that their accounts stay: google,apple
                                              when left out

Also read: AUTH_SECRET_1 to AUTH_SECRET_3 (newer secrets; the highest is used for new sessions), HALLPASS_ACCEPTED_SECRET
(accepted_secret: what other processes make with it is good, nothing is made with it), NEXTAUTH_SECRET, NEXTAUTH_URL; GITHUB_ID with GITHUB_SECRET, and so with each service; in place of EMAIL_SERVER its parts
EMAIL_SERVER_HOST, EMAIL_SERVER_PORT, EMAIL_SERVER_USER and EMAIL_SERVER_PASSWORD (host, port, user and password under [email]); AUTH_RESEND_URL (resend_url); RUST_LOG.

More of [password]: HALLPASS_PASSWORD_FIELD (field), HALLPASS_PASSWORD_ALGORITHM (algorithm), HALLPASS_PASSWORD_ARGON2_MEMORY_KIB
(argon2_memory_kib), HALLPASS_PASSWORD_ARGON2_PASSES (argon2_passes), HALLPASS_PASSWORD_BCRYPT_COST
(bcrypt_cost), HALLPASS_PASSWORD_UPGRADE (upgrade), HALLPASS_PASSWORD_REQUIRE_VERIFIED (require_verified),
HALLPASS_PASSWORD_MIN_LENGTH (min_length), HALLPASS_PASSWORD_BREACH_CHECK (breach_check), HALLPASS_PASSWORD_BREACH_URL
(breach_url), HALLPASS_PASSWORD_THREADS (threads), HALLPASS_PASSWORD_WAITING (waiting). Of [register]:
HALLPASS_REGISTER_TELL_EXISTING (tell_existing), HALLPASS_REGISTER_SIGN_IN (sign_in).

More of [data], what it looks like: HALLPASS_DATA_DIALECT (dialect: the generation of clients and rules, 2 or 3),
HALLPASS_DATA_NESTED_ROUTES (nested_routes), HALLPASS_DATA_LINKAGE (linkage), HALLPASS_DATA_ID_DIVIDER (id_divider),
HALLPASS_DATA_URL_SEGMENT_CHARSET (url_segment_charset), HALLPASS_DATA_MODEL_NAME_MAPPING (model_name_mapping: User=people,
commas between), HALLPASS_DATA_EXTERNAL_ID_MAPPING (external_id_mapping: User=email).

More of [data], how much one request may ask for: HALLPASS_DATA_BODY_BYTES (body_bytes), HALLPASS_DATA_ROWS (rows),
HALLPASS_DATA_ALL_ROWS (all_rows), HALLPASS_DATA_READ_BYTES (read_bytes),
HALLPASS_DATA_PAGE_SIZE (page_size), HALLPASS_DATA_INCLUDE_DEPTH (include_depth), HALLPASS_DATA_FILTER_DEPTH
(filter_depth), HALLPASS_DATA_STATEMENT_TIME (statement_time), HALLPASS_DATA_CALL_TIME (call_time). Of results that tell
what changes in them: HALLPASS_DATA_LIVE_QUERIES (live_queries), HALLPASS_DATA_LIVE_QUERIES_OF_PERSON
(live_queries_of_person), HALLPASS_DATA_LIVE_ROWS (live_rows), HALLPASS_DATA_LIVE_BYTES (live_bytes),
HALLPASS_DATA_LIVE_LOOK_AGAIN (live_look_again), HALLPASS_DATA_LIVE_INTERVAL (live_interval).

Of [fields], for schemas with @encrypted and @password: HALLPASS_ENCRYPTION_KEYS (encryption_keys; they follow from the
secrets when left out), HALLPASS_FIELDS_PASSWORD_ALGORITHM (password_algorithm: bcrypt, or argon2id), HALLPASS_FIELDS_THREADS
(threads), HALLPASS_FIELDS_WAITING (waiting).

Examples:
  AUTH_SECRET=$(hallpass secret) DATABASE_URL=sqlite:./todo.db hallpass serve
  hallpass serve --config /etc/hallpass.toml";

const DOCTOR_EXAMPLES: &str = "\
Reads DATABASE_URL and, for tables of your own, HALLPASS_LAYOUT or HALLPASS_SCHEMA, or the same from hallpass.toml. Looking
changes nothing. Ends with 0 when nothing is dangerous, 2 when something is, 1 when it could not look.

Examples:
  DATABASE_URL=postgres://localhost/app hallpass doctor
  hallpass doctor --json > report.json
  hallpass doctor --fix session-outlives-user --fix session-user-not-indexed";

/// Where a schema is when nobody says so.
const SCHEMA: &str = "schema.zmodel";

const ZMODEL_EXAMPLES: &str = "\
Examples:
  hallpass zmodel check                    every mistake of ./schema.zmodel, each with what to do
  hallpass zmodel format --check *.zmodel  in a pipeline: 2 when a file is not formatted
  hallpass zmodel docs --out public/schema then open public/schema/index.html";

/// Sign-in and user data, beside any application.
#[derive(Debug, Parser)]
#[command(name = "hallpass", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// What to do; `dev` when left out.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try it on this machine: nothing to set up, mail is shown instead of sent.
    #[command(after_help = DEV_EXAMPLES)]
    Dev(Dev),
    /// Run in earnest, on PostgreSQL, MySQL/MariaDB or SQLite.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Look at the sign-in tables of an existing database: what is dangerous, and what would mend it.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Check, tidy and document ZModel schemas. Only `import` needs a database.
    #[command(subcommand, after_help = ZMODEL_EXAMPLES)]
    Zmodel(Zmodel),
    /// Bring the tables of a database to where the schema is, and a schema to where the tables are.
    Db(db::Db),
    /// Write what any program does to tracked tables into one log, and say how that stands.
    Changes(changes::Changes),
    /// Keep a table that tells applications of users, as Neon Auth's `users_sync`.
    Sync(sync::Sync),
    /// Tell servers of others what happens to users: list, deliveries, replay, test, rotate.
    Webhooks(webhooks::Webhooks),
    /// Show who did what, check that nobody changed it, and export it: tail, verify, export.
    Audit(audit::Audit),
    /// Say why access rules admit something, or refuse it.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Print a new random secret.
    Secret,
}

/// The commands of `hallpass zmodel`.
#[derive(Debug, Subcommand)]
pub(crate) enum Zmodel {
    /// Say every mistake of a schema and of what it imports. Ends with 1 when there is one.
    Check {
        /// The schema.
        #[arg(value_name = "FILE", default_value = SCHEMA)]
        schema: PathBuf,
    },
    /// Write schemas in one look, comments kept.
    Format {
        /// Change nothing; name the files that would change, and end with 2 when there is one.
        #[arg(long)]
        check: bool,
        /// The files; `-` is standard input, formatted to standard output.
        #[arg(value_name = "FILE", default_value = SCHEMA)]
        files: Vec<PathBuf>,
    },
    /// Print a schema of the tables of a database: the same as `hallpass db pull`.
    #[command(after_help = db::PULL_EXAMPLES)]
    Import(db::Pull),
    /// Write a page to read about a schema, with a diagram, that opens in any browser.
    Docs {
        /// The schema.
        #[arg(value_name = "FILE", default_value = SCHEMA)]
        schema: PathBuf,
        /// The folder to write `index.html` and `diagram.svg` into.
        #[arg(long, value_name = "FOLDER", default_value = "schema-docs")]
        out: PathBuf,
    },
}

/// Options of `hallpass dev`.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// Port to listen on; without it 3000, or the next one that is free.
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = config::host)]
    pub(crate) host: IpAddr,
    /// Where the database and the secret are kept.
    #[arg(long, value_name = "DIRECTORY", default_value = "./.hallpass")]
    pub(crate) data_dir: PathBuf,
}

impl Default for Dev {
    fn default() -> Self {
        Self {
            port: None,
            host: IpAddr::from([127, 0, 0, 1]),
            data_dir: PathBuf::from("./.hallpass"),
        }
    }
}

/// Options of `hallpass serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `hallpass doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look at the catalog only, not at rows.
    #[arg(long, conflicts_with = "fix")]
    pub(crate) quick: bool,
    /// Print for machines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Mend what was found under this code, or `all`: what loses nothing. May be given several times. Take a backup first.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) fix: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_setting() {
        for name in config::names() {
            assert!(SERVE_EXAMPLES.contains(name), "{name}");
        }
    }

    #[test]
    fn defaults_of_dev_are_the_same_with_and_without_the_word() {
        let Some(Command::Dev(typed)) = Cli::parse_from(["hallpass", "dev"]).command else {
            panic!("`dev` was typed");
        };
        assert_eq!(format!("{typed:?}"), format!("{:?}", Dev::default()));
    }
}
