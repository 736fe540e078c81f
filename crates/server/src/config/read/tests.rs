use hallpass::layouts::LayoutChoice;

use super::super::Tables;
use super::*;

const SECRET: (&str, &str) = ("AUTH_SECRET", "planted-secret-of-at-least-32-letters");
const DATABASE: (&str, &str) = ("DATABASE_URL", "postgres://user:planted-password@db/app");

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    config("hallpass.toml", text, &Environment::of(variables))
}

fn sound(text: &str, variables: &[(&str, &str)]) -> Config {
    let variables = [variables, &[SECRET, DATABASE]].concat();
    match read(text, &variables) {
        Ok(config) => config,
        Err(error) => panic!("{text} {variables:?}: {:?}", error.0),
    }
}

fn messages(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let variables = [variables, &[SECRET, DATABASE]].concat();
    match read(text, &variables) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.iter().map(Trouble::to_string).collect(),
    }
}

#[test]
fn defaults_are_those_of_the_help() {
    let config = sound("", &[]);
    assert_eq!(config.app, App::Todos);
    assert_eq!(
        (config.host, config.port),
        (IpAddr::from([127, 0, 0, 1]), 3000)
    );
    assert_eq!(config.url, None);
    assert!(!config.trust_host);
    assert_eq!(config.strategy, Strategy::Database);
    assert_eq!(config.confirm, Confirm::Auto);
    assert!(config.mail.is_none());
}

#[test]
fn tables_are_chosen_by_layout_or_schema_beside_an_application() {
    let tables = |text: &str, variables: &[(&str, &str)]| {
        let variables = [variables, &[("HALLPASS_APP", "none")]].concat();
        sound(text, &variables).tables
    };
    assert_eq!(tables("", &[]), Tables::Layout(LayoutChoice::Auto));
    assert_eq!(sound("", &[]).tables, Tables::Layout(LayoutChoice::Auto));
    assert_eq!(
        tables("[database]\nlayout = 'pg-adapter'", &[]),
        Tables::Layout(LayoutChoice::PgAdapter)
    );
    assert_eq!(
        tables(
            "[database]\nlayout = 'neon'",
            &[("HALLPASS_LAYOUT", "prisma-snake")]
        ),
        Tables::Layout(LayoutChoice::PrismaSnake)
    );
    assert_eq!(
        tables("", &[("HALLPASS_SCHEMA", "own.zmodel")]),
        Tables::Schema("own.zmodel".into())
    );
    let none = ("HALLPASS_APP", "none");
    assert_eq!(
        messages("[database]\nlayout = 'mongodb'", &[none]),
        [
            "hallpass.toml:2:1: `mongodb` is not one of `auto`, `prisma`, `prisma-snake`, `pg-adapter`, `neon` and `drizzle`"
        ]
    );
    assert_eq!(
        messages("[database]\nlayout = 'neon'\nschema = 'a.zmodel'", &[none]),
        ["hallpass.toml:3:1: both a layout and a schema say what the tables look like"]
    );
    assert_eq!(
        messages("", &[("HALLPASS_LAYOUT", "neon")]),
        ["HALLPASS_LAYOUT: the tables of the todo application cannot be chosen"]
    );
}

#[test]
fn everything_can_stand_in_the_file() {
    let text = "
        app = 'none'
        host = '0.0.0.0'
        port = 8080
        url = 'https://todo.example.com/auth'
        trust_host = true
        secret = ['new', 'old']
        database_url = 'sqlite:./a.db'
        [session]
        strategy = 'jwt'
        [email]
        from = 'Todos <no-reply@example.com>'
        server = 'smtp://localhost'
        confirm = 'always'
    ";
    let config = read(text, &[]).unwrap();
    assert_eq!(config.app, App::None);
    assert_eq!(
        (config.host, config.port),
        (IpAddr::from([0, 0, 0, 0]), 8080)
    );
    assert_eq!(
        config.url.unwrap().as_str(),
        "https://todo.example.com/auth"
    );
    assert!(config.trust_host);
    let secrets: Vec<_> = config.secrets.iter().map(Secret::expose).collect();
    assert_eq!(secrets, ["new", "old"]);
    assert_eq!(config.database_url.expose(), "sqlite:./a.db");
    assert_eq!(config.strategy, Strategy::Jwt);
    assert_eq!(config.confirm, Confirm::Always);
    assert!(matches!(
        config.mail.unwrap().service,
        MailService::Server(MailServer::Url(_))
    ));
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = "
        port = 8080
        secret = ['file-new', 'file-old']
        url = 'https://file.example.com'
        [email]
        from = 'file@example.com'
        confirm = 'always'
    ";
    let config = sound(
        text,
        &[
            ("PORT", "9090"),
            ("AUTH_URL", "https://env.example.com"),
            ("EMAIL_CONFIRM", "never"),
        ],
    );
    assert_eq!(config.port, 9090);
    assert_eq!(config.url.unwrap().host_str(), Some("env.example.com"));
    assert_eq!(config.confirm, Confirm::Never);
    let secrets: Vec<_> = config.secrets.iter().map(Secret::expose).collect();
    assert_eq!(secrets, [SECRET.1]);
}

#[test]
fn an_empty_variable_leaves_the_file_standing() {
    assert_eq!(sound("port = 8080", &[("PORT", "")]).port, 8080);
}

#[test]
fn mail_services() {
    let from = ("EMAIL_FROM", "a@example.com");
    let file = "[email]\nserver = 'smtp://file'\nfrom = 'file@example.com'";
    let service = |text, variables: &[_]| sound(text, variables).mail.map(|mail| mail.service);
    assert!(service("", &[from]).is_none());
    assert!(matches!(
        service("", &[from, ("EMAIL_SERVER", "smtp://a")]),
        Some(MailService::Server(MailServer::Url(_)))
    ));
    assert!(matches!(
        service("", &[from, ("AUTH_RESEND_KEY", "re_1")]),
        Some(MailService::Resend { .. })
    ));
    // A variable puts the file's other service aside.
    assert!(matches!(
        service(file, &[("AUTH_RESEND_KEY", "re_1")]),
        Some(MailService::Resend { .. })
    ));
    let Some(MailService::Server(MailServer::Parts {
        host,
        port,
        user,
        password,
    })) = service(
        file,
        &[
            ("EMAIL_SERVER_HOST", "mx"),
            ("EMAIL_SERVER_PORT", "2525"),
            ("EMAIL_SERVER_USER", "u"),
            ("EMAIL_SERVER_PASSWORD", "p"),
        ],
    )
    else {
        panic!("parts were given");
    };
    assert_eq!(
        (host.as_str(), port, user.as_deref()),
        ("mx", Some(2525), Some("u"))
    );
    assert_eq!(password.unwrap().expose(), "p");
}

#[test]
fn every_problem_is_named_with_its_place() {
    let from = ("EMAIL_FROM", "a@example.com");
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let rows: &[Row<'_>] = &[
        ("port = 'x'", &[], &["hallpass.toml:1:1: `x` is not a port"]),
        ("", &[("PORT", "65536")], &["PORT: `65536` is not a port"]),
        ("", &[("PORT", "-1")], &["PORT: `-1` is not a port"]),
        (
            "",
            &[("HOST", "example.com")],
            &["HOST: `example.com` is not an address of this machine"],
        ),
        (
            "",
            &[("AUTH_URL", "example.com")],
            &["AUTH_URL: this is not a web address"],
        ),
        (
            "",
            &[("NEXTAUTH_URL", "ftp://example.com")],
            &["NEXTAUTH_URL: this is not a web address"],
        ),
        (
            "",
            &[("AUTH_URL", "https://u:p@example.com")],
            &["AUTH_URL: this is not a web address"],
        ),
        (
            "\n app = 'todo'",
            &[],
            &["hallpass.toml:2:2: `todo` is not one of `todos`, `team` and `none`"],
        ),
        (
            "",
            &[("AUTH_TRUST_HOST", "maybe")],
            &["AUTH_TRUST_HOST: `maybe` is not one of `true` and `false`"],
        ),
        (
            "[session]\nstrategy = 'cookie'",
            &[],
            &["hallpass.toml:2:1: `cookie` is not one of `database` and `jwt`"],
        ),
        (
            "[email]\nconfirm = true",
            &[],
            &["hallpass.toml:2:1: `true` is not one of `auto`, `always` and `never`"],
        ),
        (
            "",
            &[("AUTH_RESEND_KEY", "re_1")],
            &["mails have no sender"],
        ),
        (
            "",
            &[("EMAIL_SERVER", "smtp://a"), ("EMAIL_FROM", "nobody")],
            &["EMAIL_FROM: the sender is not a mail address"],
        ),
        (
            "",
            &[
                from,
                ("EMAIL_SERVER", "smtp://a"),
                ("AUTH_RESEND_KEY", "re_1"),
            ],
            &["more than one mail service is set"],
        ),
        (
            "",
            &[from, ("EMAIL_SERVER_PORT", "25")],
            &["EMAIL_SERVER_PORT: `email.port` needs `email.host`"],
        ),
        (
            "",
            &[
                from,
                ("EMAIL_SERVER_HOST", "a"),
                ("EMAIL_SERVER_PORT", "smtp"),
            ],
            &["EMAIL_SERVER_PORT: `smtp` is not a port"],
        ),
        // A part beside a whole address would have no effect.
        (
            "[email]\nfrom = 'a@b.c'\nserver = 'smtp://u:planted@host'",
            &[("EMAIL_SERVER_PASSWORD", "planted")],
            &[
                "EMAIL_SERVER_PASSWORD: `email.password` has no effect: `email.server`, in hallpass.toml line 3, is a whole address",
            ],
        ),
        (
            "[email]\nfrom = 'a@b.c'\nserver = 'smtp://host'\nuser = 'u'\nport = 25",
            &[],
            &[
                "hallpass.toml:5:1: `email.port` has no effect: `email.server`, in hallpass.toml line 3, is a whole address",
                "hallpass.toml:4:1: `email.user` has no effect: `email.server`, in hallpass.toml line 3, is a whole address",
            ],
        ),
        (
            "cleanup = 'weekly'\n[linking]\nbefore_proof = 'ask'",
            &[],
            &[
                "hallpass.toml:1:1: `weekly` is not a span of time",
                "hallpass.toml:3:1: `ask` is not one of `remove` and `keep`",
            ],
        ),
        (
            "port = 'x'\nhots = 'y'",
            &[("PORT", "y")],
            &[
                "hallpass.toml:2:1: unknown key `hots`",
                "PORT: `y` is not a port",
            ],
        ),
    ];
    for (text, variables, expected) in rows {
        assert_eq!(messages(text, variables), *expected, "{text} {variables:?}");
    }
}

#[test]
fn a_secret_and_a_database_must_be_named() {
    let messages = |variables: &[_]| -> Vec<String> {
        let error = read("", variables).unwrap_err();
        error.0.iter().map(Trouble::to_string).collect()
    };
    assert_eq!(messages(&[]), ["no secret is set", "no database is named"]);
    assert_eq!(
        messages(&[SECRET, ("DATABASE_URL", " ")]),
        ["no database is named"]
    );
    assert_eq!(
        messages(&[DATABASE, ("AUTH_SECRET", " ")]),
        ["AUTH_SECRET: a secret is empty"]
    );
    let file = read("secret = []", &[DATABASE]).unwrap_err();
    assert_eq!(file.0[0].problem, Problem::NoSecret);
}

#[test]
fn auth_trust_host_false_means_false() {
    assert!(sound("", &[("AUTH_TRUST_HOST", "true")]).trust_host);
    assert!(sound("", &[("AUTH_TRUST_HOST", "1")]).trust_host);
    assert!(!sound("", &[("AUTH_TRUST_HOST", "false")]).trust_host);
    assert!(!sound("", &[("AUTH_TRUST_HOST", "")]).trust_host);
}

#[test]
fn senders() {
    for good in ["a@b.c", "Todos <a@b.c>", "\"To, Dos\" <a@b>", " a@b.c "] {
        assert!(looks_like_a_sender(good), "{good}");
    }
    for bad in [
        "",
        "a",
        "@b",
        "a@",
        "a b@c",
        "Todos <a@b",
        "a@b>",
        "a@b\r\nBcc: x@y",
        "a@b@c",
        "a@b,c@d",
    ] {
        assert!(!looks_like_a_sender(bad), "{bad}");
    }
}

#[test]
fn settings_print_no_secret() {
    let config = sound(
        "",
        &[
            ("AUTH_SECRET_1", "planted-newer"),
            ("EMAIL_FROM", "a@example.com"),
            ("EMAIL_SERVER", "smtp://u:planted-smtp@host"),
        ],
    );
    assert!(!format!("{config:?}").contains("planted"), "{config:?}");
    let variables = [("AUTH_SECRET", "planted"), ("PORT", "x")];
    let environment = Environment::of(&variables);
    assert!(!format!("{environment:?} {:?}", environment::read(&environment)).contains("planted"));
}

#[test]
fn newer_secrets_of_the_environment_stand_before_those_of_the_file() {
    let file = "secret = [\"old-0123456789012345678901234567890\"]";
    let newer = ("AUTH_SECRET_1", "new-0123456789012345678901234567890");
    let whole = ("AUTH_SECRET", "own-0123456789012345678901234567890");
    let starts = |variables: &[(&'static str, &'static str)]| -> Vec<String> {
        let config = read(file, variables).unwrap();
        let secrets = config.secrets.iter();
        secrets
            .map(|secret| secret.expose().chars().take(3).collect())
            .collect()
    };
    assert_eq!(starts(&[DATABASE, newer]), ["new", "old"]);
    assert_eq!(starts(&[DATABASE, whole]), ["own"]);
    assert_eq!(starts(&[DATABASE, newer, whole]), ["new", "own"]);
}

#[test]
fn what_expired_is_removed_every_hour_unless_a_setting_says_otherwise() {
    let needed = [("AUTH_SECRET", "s"), ("DATABASE_URL", "sqlite:a.db")];
    for (text, variables, expected) in [
        ("", &[][..], Some(3_600)),
        ("cleanup = '30m'", &[], Some(1_800)),
        ("cleanup = '30m'", &[("HALLPASS_CLEANUP", "off")], None),
    ] {
        let all = [&needed[..], variables].concat();
        let config = config("hallpass.toml", text, &Environment::of(&all)).unwrap();
        let expected = expected.map(std::time::Duration::from_secs);
        assert_eq!(config.cleanup, expected, "{text}");
    }
}

#[test]
fn what_others_made_before_a_proof_is_removed_unless_a_setting_says_otherwise() {
    let needed = [("AUTH_SECRET", "s"), ("DATABASE_URL", "sqlite:a.db")];
    let removes = |providers: &[&str]| BeforeProof::Remove {
        verifying_providers: providers.iter().map(ToString::to_string).collect(),
    };
    for (text, variables, expected) in [
        ("", &[][..], BeforeProof::default()),
        (
            "[linking]\nverifying_providers = ['google', 'okta']",
            &[],
            removes(&["google", "okta"]),
        ),
        (
            "",
            &[("HALLPASS_VERIFYING_PROVIDERS", " okta, google ,")],
            removes(&["okta", "google"]),
        ),
        ("[linking]\nverifying_providers = []", &[], removes(&[])),
        ("[linking]\nbefore_proof = 'keep'", &[], BeforeProof::Keep),
    ] {
        let all = [&needed[..], variables].concat();
        let config = config("hallpass.toml", text, &Environment::of(&all)).unwrap();
        assert_eq!(config.before_proof, expected, "{text}");
    }
}

/// GHSA-pgx2-m66h-x29f: mailed links that choose a password lead to a configured address alone.
#[test]
fn mail_services_with_an_api_are_named_by_their_key() {
    let from = ("EMAIL_FROM", "a@example.com");
    let service = |text: &str, variables: &[(&str, &str)]| {
        let config = sound(text, &[variables, &[from]].concat());
        let printed = format!("{:?}", config.mail.unwrap().service);
        assert!(!printed.contains("planted"), "{printed}");
        printed
    };
    for (variable, name) in [
        ("AUTH_SENDGRID_KEY", "SendGrid"),
        ("AUTH_POSTMARK_KEY", "Postmark"),
        ("AUTH_MAILGUN_KEY", "Mailgun(America)"),
        ("AUTH_FORWARDEMAIL_KEY", "ForwardEmail"),
        ("AUTH_MANDRILL_KEY", "Mandrill"),
    ] {
        let printed = service("", &[(variable, "planted")]);
        assert!(printed.contains(&format!("service: {name},")), "{printed}");
        // The environment puts aside what the file says of another service.
        let printed = service(
            "[email]\nserver = 'smtp://planted'\n",
            &[(variable, "planted")],
        );
        assert!(printed.contains(name), "{printed}");
    }
    let europe = "[email]\nmailgun_key = 'planted'\nmailgun_region = 'eu'\n";
    assert!(service(europe, &[]).contains("Mailgun(Europe)"));
    let loops = [
        ("AUTH_LOOPS_KEY", "planted"),
        ("HALLPASS_LOOPS_TRANSACTIONAL_ID", "mail-1"),
    ];
    assert!(service("", &loops).contains(r#"Loops("mail-1")"#));
    assert_eq!(
        messages("", &[("AUTH_LOOPS_KEY", "planted"), from]),
        ["AUTH_LOOPS_KEY: Loops needs the id of a transactional mail"]
    );
    let two = [
        ("AUTH_LOOPS_KEY", "planted"),
        ("AUTH_SENDGRID_KEY", "planted"),
        loops[1],
        from,
    ];
    assert_eq!(messages("", &two), ["more than one mail service is set"]);
}

#[test]
fn account_pages_need_an_address_that_no_request_names() {
    let trusted = "database_url = 'sqlite::memory:'\nsecret = 'x'\ntrust_host = true\n";
    let known = format!("{trusted}url = 'https://app.example.com'\n");
    let none = Environment::of(&[]);
    for (text, expected) in [
        (trusted.to_owned(), false),
        (known.clone(), true),
        (format!("{known}[account]\npages = false\n"), false),
        (format!("{trusted}[account]\npages = false\n"), false),
    ] {
        let config = config("hallpass.toml", &text, &none).unwrap();
        assert_eq!(config.account_pages, expected, "{text}");
    }
    let asked = format!("{trusted}[account]\npages = true\n");
    let refused = config("hallpass.toml", &asked, &none).unwrap_err();
    let troubles: Vec<_> = refused.0.iter().map(ToString::to_string).collect();
    assert_eq!(
        troubles,
        ["hallpass.toml:5:1: account pages mail links, and no address is set that they lead to"]
    );
}

#[test]
fn an_accepted_secret_stands_beside_those_that_are_used() {
    let of = |text: &str, variables: &[(&'static str, &'static str)]| {
        let secrets = sound(text, variables).secrets;
        let all = secrets.iter().map(Secret::expose).map(str::to_owned);
        (
            secrets.joined().expose().to_owned(),
            all.collect::<Vec<_>>(),
        )
    };
    let (joined, all) = of("", &[("HALLPASS_ACCEPTED_SECRET", "next")]);
    assert_eq!(
        (joined.as_str(), all),
        (SECRET.1, vec![SECRET.1.to_owned(), "next".to_owned()])
    );
    let file = "accepted_secret = ['next', 'last']";
    assert_eq!(of(file, &[]).1[1..], ["next", "last"]);
    assert_eq!(
        of(file, &[("HALLPASS_ACCEPTED_SECRET", "other")]).1[1..],
        ["other"]
    );
    assert_eq!(of("", &[("HALLPASS_ACCEPTED_SECRET", "")]).1.len(), 1);
    let empty = read("accepted_secret = ['']", &[SECRET, DATABASE]).unwrap_err();
    assert_eq!(empty.0[0].problem, Problem::EmptySecret);
}
