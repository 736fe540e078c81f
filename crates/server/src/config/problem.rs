//! What can be wrong with the settings, and what to do about it.
//!
//! SECURITY: a problem quotes only values of settings that are never secret.

use std::borrow::Cow;
use std::fmt;
use std::io::ErrorKind;

use hallpass::auth::client::InvalidNetwork;
use hallpass::auth::limit::InvalidRule;
use hallpass::auth::providers::catalogue::CatalogueError;
use hallpass::auth::providers::oauth::MappingError;
use hallpass::data::http::RestOptionsError;

use super::keys::EXTERNAL_IDS;
use super::source::Place;

/// One thing that is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("there is no file `{name}`")]
    NoFile { name: String },
    #[error("`{name}` cannot be read: {reason}")]
    Unreadable { name: String, reason: ErrorKind },
    #[error("this is not TOML: {0}")]
    Syntax(String),
    #[error("unknown key `{key}`")]
    UnknownKey {
        key: String,
        nearest: Option<&'static str>,
    },
    #[error("`{key}` must be a table")]
    NotATable { key: String },
    #[error("`{key}` must be {}", if *list { "a text or a list of texts" } else { "one text, number or boolean" })]
    WrongKind { key: &'static str, list: bool },
    #[error("`{key}` must be one text, number or boolean")]
    NotAText { key: String },
    #[error("the value is not readable text (UTF-8)")]
    NotUnicode,
    #[error("`{value}` is not one of {choices}")]
    NoSuchChoice {
        value: String,
        choices: &'static str,
    },
    #[error("a webhook cannot be called `{0}`")]
    WebhookName(String),
    #[error("the webhook `{name}` needs `{key}`")]
    WebhookNeeds { name: String, key: &'static str },
    #[error("this is no secret for webhooks")]
    NotAWebhookSecret,
    #[error("the address of the webhook is not public, or not `https`")]
    WebhookOutOfReach,
    // SECURITY: never with the text, which holds a password.
    #[error("a target of user sync is not a name and the address of a database")]
    NotATarget,
    #[error("two targets of user sync are called `{0}`")]
    TwoTargets(String),
    #[error("`{0}` is not an address and a port of this machine")]
    NotASocket(String),
    #[error("`{0}` is not a whole number above zero")]
    NotANumber(String),
    #[error("`{0}` is not a port")]
    NotAPort(String),
    #[error("`{0}` is neither a span of time up to a day nor a number of seconds")]
    NotSeconds(String),
    #[error("`{0}` is not the name of a header")]
    NotAHeader(String),
    #[error("`{0}` is not an address of this machine")]
    NotAHost(String),
    #[error("`{0}` is no time from 10ms to 60s")]
    NotShort(String),
    #[error("`{0}` is not a span of time")]
    NotASpan(String),
    #[error("this is not a web address")]
    NotAnOrigin,
    #[error("no secret is set")]
    NoSecret,
    #[error("a secret is empty")]
    EmptySecret,
    #[error("a key for servers has fewer than 32 characters")]
    ShortServerKey,
    #[error("this is no key of 32 bytes")]
    NotAnEncryptionKey,
    #[error("both a layout and a schema say what the tables look like")]
    TwoSchemas,
    #[error("the tables of the todo application cannot be chosen")]
    TablesOfTodos,
    #[error("account pages mail links, and no address is set that they lead to")]
    AccountPagesWithoutUrl,
    #[error("everybody needs a second factor, and there are no account pages to set one up")]
    SecondFactorWithoutAccounts,
    #[error("no database is named")]
    NoDatabase,
    #[error("mails have no sender")]
    NoSender,
    #[error("the sender is not a mail address")]
    InvalidSender,
    #[error("more than one mail service is set")]
    TwoMailServices,
    #[error("Loops needs the id of a transactional mail")]
    NoLoopsTemplate,
    #[error("`{0}` needs `email.host`")]
    NoMailHost(&'static str),
    #[error("`{part}` has no effect: `email.server`{} is a whole address", place_of(.server))]
    PartBesideServer { part: &'static str, server: Place },
    #[error(transparent)]
    Limit(InvalidRule),
    #[error(transparent)]
    Proxy(InvalidNetwork),
    #[error("limits are to be counted in a Redis, and none is named")]
    NoRedis,
    #[error("`{0}` is no path")]
    NotAPath(String),
    #[error("both styles of the data have one path")]
    SamePaths,
    #[error("a page of {size} resources is larger than the {rows} rows of one read")]
    PageOverRows { size: u32, rows: u64 },
    #[error("`{0}` is no number of bytes up to 16 MiB")]
    NotABodySize(String),
    #[error(transparent)]
    RestStyle(RestOptionsError),
    #[error("`{path}` has something other than the name of a model and what it becomes")]
    NotMapped { path: &'static str },
    #[error("`{0}` is mapped twice")]
    MappedTwice(String),
    #[error("a provider cannot be called `{0}`")]
    ProviderName(String),
    #[error("there is no provider `{name}` in the catalogue")]
    NoSuchProvider {
        name: String,
        nearest: Option<&'static str>,
    },
    #[error("the provider `{provider}` has no setting `{key}`")]
    NoSuchProviderKey {
        provider: String,
        key: String,
        nearest: Option<&'static str>,
    },
    #[error("the provider `{provider}` has no {what}")]
    ProviderLacks { provider: String, what: ClientPart },
    #[error("the provider `{provider}` needs `{key}`")]
    ProviderNeeds { provider: String, key: &'static str },
    #[error(transparent)]
    Provider(CatalogueError),
    #[error(transparent)]
    Mapping(MappingError),
    #[error("the parameter `{0}` is set by Hallpass itself")]
    OwnParameter(String),
    #[error("this is not a colour")]
    NotAColor,
    #[error("`{0}` is not the name of a signing algorithm")]
    NoSuchAlgorithm(String),
    // SECURITY: who administers is nobody's business who reads a log.
    #[error("an administrator of the console is not a mail address")]
    NotAnAdministrator,
    #[error("a field for roles is named, and no role")]
    RoleFieldWithoutRole,
}

/// One of the two that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientPart {
    Id,
    Secret,
}

impl fmt::Display for ClientPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Id => "id of a client",
            Self::Secret => "secret of the client",
        })
    }
}

impl Problem {
    /// What the reader can do.
    pub(crate) fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NoFile { .. } => {
                "check the path after `--config`; without it `hallpass.toml` in this folder is read, if there is one"
            }
            Self::Unreadable { .. } => "check the path, and that this process may read it",
            Self::Syntax(_) => "texts stand in quotes: `host = \"127.0.0.1\"`",
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => return Cow::Owned(format!("did you mean `{nearest}`?")),
            Self::UnknownKey { .. } => "`hallpass serve --help` lists the keys",
            Self::NotATable { .. } => {
                "write it as a heading in brackets, such as `[email]`, with its keys below"
            }
            Self::WrongKind { .. } => "`hallpass serve --help` lists the keys",
            Self::NotAText { .. } => "docs/providers.md lists the settings of providers",
            Self::NotUnicode => "set it to UTF-8 text",
            Self::NoSuchChoice { .. } => "choose one of them",
            Self::WebhookName(_) => "names have small letters, digits, `-` and `_`, at most 40",
            Self::WebhookNeeds { key: "secrets", .. } => {
                "make one with `hallpass webhooks rotate`, and write it as `secrets = [\"whsec_…\"]`, or in \
                 HALLPASS_WEBHOOK_NAME_SECRETS"
            }
            Self::WebhookNeeds { .. } => "write it as `url = \"https://…\"`",
            Self::NotAWebhookSecret => {
                "write it as `whsec_` and 24 to 64 bytes in base64; `hallpass webhooks rotate` makes one"
            }
            Self::WebhookOutOfReach => {
                "use an `https` address of the public internet, or allow others with `private = true` beside it"
            }
            Self::NotATarget => {
                "write it under `[sync.targets]` as `billing = \"postgres://…\"`, in HALLPASS_SYNC_TARGETS as \
                 `billing=postgres://…` with blanks between; names have small letters, digits, `-` and `_`, at most 40"
            }
            Self::TwoTargets(_) => "give each a name of its own",
            Self::NotASocket(_) => "write it as `127.0.0.1:9464`, or `[::1]:9464`",
            Self::NotANumber(_) => "write digits alone, such as 100",
            Self::NotAPort(_) => "use a number from 0 to 65535; 0 takes any free port",
            Self::NotSeconds(_) => {
                "write a number and a unit, such as `30s` or `15m`; a number alone counts seconds"
            }
            Self::NotAHeader(_) => "write it as your proxy does, such as `CF-IPCountry`",
            Self::NotAHost(_) => {
                "use an IP address: `127.0.0.1` for this machine only, `0.0.0.0` or `::` for everybody who can reach it"
            }
            Self::NotShort(_) => "write `500ms`, `1s` or the like",
            Self::NotASpan(_) => "write a number and a unit, such as `30m`, `1h` or `1d`, or `off`",
            Self::NotAnOrigin => "write it in full, without query: `https://todo.example.com`",
            Self::ShortServerKey => "make one with `hallpass secret`",
            Self::NotAnEncryptionKey => {
                "write 64 hexadecimal digits, or base64; without any, keys follow from the secrets"
            }
            Self::NoSecret => {
                "make one with `hallpass secret`, and set it as AUTH_SECRET or as `secret` in hallpass.toml; \
                 keep it: a new one signs everybody out"
            }
            Self::EmptySecret => "remove it, or set it to what `hallpass secret` prints",
            Self::TwoSchemas => "keep one of `layout` and `schema` under `[database]`",
            Self::AccountPagesWithoutUrl => {
                "set AUTH_URL, or `url` in hallpass.toml, to the address that people use: what a request's headers say is not \
                 sound enough for links that choose a password anew"
            }
            Self::SecondFactorWithoutAccounts => {
                "set `pages = true` under `[account]`, which takes `url` and a mail service"
            }
            Self::TablesOfTodos => {
                "set HALLPASS_APP, or `app` in hallpass.toml, to `none`; or leave `layout` and `schema` out"
            }
            Self::NoDatabase => {
                "set DATABASE_URL, or `database_url` in hallpass.toml, to `postgres://user:password@host:5432/name`, \
                 `mysql://user:password@host:3306/name` or `sqlite:./hallpass.db`"
            }
            Self::NoSender => {
                "set EMAIL_FROM, or `from` under `[email]`, to `Name <no-reply@example.com>`"
            }
            Self::InvalidSender => {
                "write it as `no-reply@example.com` or `Name <no-reply@example.com>`"
            }
            Self::TwoMailServices => {
                "keep one of EMAIL_SERVER, AUTH_RESEND_KEY and the keys of other services"
            }
            Self::NoLoopsTemplate => {
                "set HALLPASS_LOOPS_TRANSACTIONAL_ID, or `loops_transactional_id` under `[email]`, to the id of the mail there; its \
                 variables are `url`, `subject` and `text`"
            }
            Self::PartBesideServer { .. } => {
                "write it into the address (`smtp://user:password@host:port`, signs percent-encoded), or give the server in \
                 parts alone: EMAIL_SERVER_HOST, or `host` under `[email]`"
            }
            Self::NoMailHost(_) => "set EMAIL_SERVER_HOST, or `host` under `[email]`",
            Self::ProviderName(_) => {
                "use lower-case letters, digits and hyphens: the name stands in paths"
            }
            Self::NoSuchProvider {
                nearest: Some(nearest),
                ..
            }
            | Self::NoSuchProviderKey {
                nearest: Some(nearest),
                ..
            } => return Cow::Owned(format!("did you mean `{nearest}`?")),
            Self::NoSuchProvider { .. } => {
                "say `type = \"oidc\"` with an `issuer`, or `type = \"oauth\"` with its addresses; docs/providers.md lists what is known"
            }
            Self::NoSuchProviderKey { .. } => "docs/providers.md lists the settings of providers",
            Self::ProviderLacks { provider, what } => return Cow::Owned(lacks(provider, *what)),
            Self::ProviderNeeds { provider, key } => {
                return Cow::Owned(format!("set `{key}` under `[providers.{provider}]`"));
            }
            Self::Provider(CatalogueError::NoIssuer { provider }) => {
                return Cow::Owned(format!(
                    "set AUTH_{}_ISSUER, or `issuer` under `[providers.{provider}]`",
                    variable_part(provider)
                ));
            }
            Self::Provider(_) => "docs/providers.md says what each provider needs",
            Self::Mapping(_) => {
                "write it as `name`, `data.name`, `name or login` or `{first_name} {last_name}`"
            }
            Self::OwnParameter(_) => "remove it; what is asked for is said by `scope`",
            Self::NotAColor => "write it as `#346df1`, as `rgb(52 109 241)` or as a name",
            Self::NoSuchAlgorithm(_) => "write it as in tokens: `RS256`, `ES256`, `HS256`",
            Self::Limit(rule) => return Cow::Owned(rule.help()),
            Self::Proxy(network) => network.help(),
            Self::NotAPath(_) => {
                "write it from the first slash on, in plain letters, such as `/api/model`; or write `off`"
            }
            Self::SamePaths => {
                "set `rpc_path` and `rest_path` under `[data]` so that neither begins with the other, or one of them to `off`"
            }
            Self::PageOverRows { .. } => {
                "set `page_size` under `[data]` to no more than `rows`, or raise `rows`"
            }
            Self::NotABodySize(_) => "write it as a number alone, such as `1048576`",
            Self::RestStyle(error) => rest_style(error),
            Self::NotMapped { path } if *path == EXTERNAL_IDS => {
                "write it under `[data.external_id_mapping]` as `User = \"email\"`, in HALLPASS_DATA_EXTERNAL_ID_MAPPING as \
                 `User=email` with commas between"
            }
            Self::NotMapped { .. } => {
                "write it under `[data.model_name_mapping]` as `User = \"people\"`, in HALLPASS_DATA_MODEL_NAME_MAPPING as \
                 `User=people` with commas between"
            }
            Self::MappedTwice(_) => "keep one of them",
            Self::NotAnAdministrator => "write it as `ann@example.com`, as the person signs in",
            Self::RoleFieldWithoutRole => {
                "set HALLPASS_CONSOLE_ROLE, or `role` under `[console]`, to what stands in the field of administrators"
            }
            Self::NoRedis => {
                "set REDIS_URL, or `redis_url` under `[limits]`, to `redis://user:password@host:6379/0`"
            }
        })
    }
}

/// What settings of the REST style allow.
pub(crate) fn rest_style(error: &RestOptionsError) -> &'static str {
    match error {
        RestOptionsError::Divider => {
            "write a sign that ids seldom hold, such as `_` or `:`; one that `url_segment_charset` lacks is percent-encoded in links"
        }
        RestOptionsError::Charset => {
            "write single characters and ranges (`a-z`) without `/`, as between the brackets of a regular expression; `%` admits \
             whatever is percent-encoded"
        }
        RestOptionsError::UnknownModel { .. } => {
            "write the model as the schema does, such as `User = \"…\"`"
        }
        RestOptionsError::NotUnique { .. } => {
            "name a field with `@unique` that is never null, or such fields of one `@@unique`, joined by `_` (`name_source`) or by \
             its `name`"
        }
        RestOptionsError::Ambiguous { .. } => "give one of them another name",
        RestOptionsError::Segment { .. } => {
            "use characters of `url_segment_charset` under `[data]`, and no `$` at the start"
        }
    }
}

/// The id of a provider as names of variables hold it (contract authjs §12).
pub(super) fn variable_part(provider: &str) -> String {
    provider.to_ascii_uppercase().replace('-', "_")
}

fn lacks(provider: &str, what: ClientPart) -> String {
    let part = variable_part(provider);
    match what {
        ClientPart::Id => {
            format!("set AUTH_{part}_ID, or `id` under `[providers.{provider}]`")
        }
        ClientPart::Secret => format!(
            "set AUTH_{part}_SECRET, or `secret` under `[providers.{provider}]`; a client without one says \
             `authentication = \"none\"` there"
        ),
    }
}

/// Says where the other setting stands, as `, set by EMAIL_SERVER,`.
fn place_of(place: &Place) -> String {
    match place {
        Place::File { name, line, .. } => format!(", in {name} line {line},"),
        Place::Variable(name) => format!(", set by {name},"),
        Place::ProviderVariable(name) => format!(", set by {name},"),
        Place::Nowhere => String::new(),
    }
}

/// A problem and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) place: Place,
    pub(crate) problem: Problem,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.place, self.problem)
    }
}
