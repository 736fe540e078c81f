//! Values for every native type of each dialect, and what stands in the column afterwards.

use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

/// A column and what is written into it.
pub(super) struct Case {
    /// The attribute; none for the type that a schema has which says nothing.
    pub(super) native: &'static str,
    pub(super) scalar: &'static str,
    pub(super) kept: Kept,
}

/// What becomes of values.
pub(super) enum Kept {
    /// What is given, and what stands there.
    As(Vec<(Json, Json)>),
    /// It can be written, and rules of `create` refuse to judge it.
    Unjudged(Json),
    /// Nothing that the field takes can be written.
    Never(Json),
    /// Rules cannot compare it.
    Uncompared,
}

fn same(native: &'static str, scalar: &'static str, values: &[Json]) -> Case {
    let pairs: Vec<_> = values
        .iter()
        .map(|one| (one.clone(), one.clone()))
        .collect();
    as_pairs(native, scalar, &pairs)
}

fn as_pairs(native: &'static str, scalar: &'static str, pairs: &[(Json, Json)]) -> Case {
    Case {
        native,
        scalar,
        kept: Kept::As(pairs.to_vec()),
    }
}

fn other(native: &'static str, scalar: &'static str, kept: Kept) -> Case {
    Case {
        native,
        scalar,
        kept,
    }
}

fn moments(native: &'static str, kept: &str) -> Case {
    as_pairs(
        native,
        "DateTime",
        &[
            (json!("2026-01-31T23:59:59.987Z"), json!(kept)),
            (
                json!("2026-01-30T00:00:00.000Z"),
                json!("2026-01-30T00:00:00.000Z"),
            ),
        ],
    )
}

/// A text and blanks behind it, so many characters in all.
fn long(character: &str, times: usize, blanks: usize) -> Json {
    json!(format!("{}{}", character.repeat(times), " ".repeat(blanks)))
}

pub(super) fn of(dialect: Dialect) -> Vec<Case> {
    let mut cases = match dialect {
        Dialect::Postgres => postgres(),
        Dialect::MySql | Dialect::MariaDb => mysql(),
        Dialect::Sqlite => vec![moments("@db.EpochMillis", "2026-01-31T23:59:59.987Z")],
    };
    cases.extend(plain(dialect));
    cases
}

/// Columns of which nothing is said.
fn plain(dialect: Dialect) -> Vec<Case> {
    let is_mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
    let text = if is_mysql { 191 } else { 192 };
    let tenth = "0.1234567890123456789012345678905";
    let mut cases = vec![
        as_pairs(
            "",
            "String",
            &[
                (json!("admin "), json!("admin ")),
                (json!("Admin"), json!("Admin")),
                (long("ä", 191, 1), long("ä", 191, text - 191)),
            ],
        ),
        same("", "Int", &[json!(1), json!(-2_147_483_648_i64)]),
        same("", "BigInt", &[json!(9_007_199_254_740_993_i64)]),
        same("", "Boolean", &[json!(true), json!(false)]),
        same(
            "",
            "Float",
            &[json!(0.1), json!(1e300), json!(-16_777_217.0)],
        ),
        same("", "Decimal", &[json!("0.1"), json!("-12345678.25")]),
        moments("", "2026-01-31T23:59:59.987Z"),
        same("", "Bytes", &[json!("ab"), json!("")]),
        other("", "Json", Kept::Uncompared),
    ];
    if dialect != Dialect::Sqlite {
        cases.push(as_pairs(
            "",
            "Decimal",
            &[(json!(tenth), json!("0.123456789012345678901234567891"))],
        ));
    }
    cases
}

fn rounded(native: &'static str) -> Case {
    as_pairs(
        native,
        "Decimal",
        &[
            (json!("1.005"), json!("1.01")),
            (json!("1.0049"), json!("1")),
            (json!("-1.005"), json!("-1.01")),
            (json!("999.99"), json!("999.99")),
        ],
    )
}

fn singles(native: &'static str) -> Case {
    as_pairs(
        native,
        "Float",
        &[
            (json!(0.1), json!(f64::from(0.1_f32))),
            (json!(16_777_217.0), json!(16_777_216.0)),
            (json!(0.5), json!(0.5)),
        ],
    )
}

fn postgres() -> Vec<Case> {
    let bits = || Kept::Unjudged(json!("101"));
    let time = || Kept::Unjudged(json!("2026-01-31T23:59:59.987Z"));
    vec![
        same("@db.Text", "String", &[json!("admin "), json!("admin")]),
        as_pairs(
            "@db.Char(8)",
            "String",
            &[
                (json!("admin"), json!("admin   ")),
                (json!("min  "), json!("min     ")),
                (json!("Admin        "), json!("Admin   ")),
            ],
        ),
        as_pairs("@db.Char", "String", &[(json!("a "), json!("a"))]),
        as_pairs(
            "@db.VarChar(5)",
            "String",
            &[
                (json!("admin   "), json!("admin")),
                (json!("ädmin "), json!("ädmin")),
                (json!("adm    "), json!("adm  ")),
            ],
        ),
        same("@db.VarChar", "String", &[json!("admin ")]),
        other("@db.Bit(3)", "String", bits()),
        other("@db.VarBit(3)", "String", bits()),
        as_pairs(
            "@db.Uuid",
            "String",
            &[
                (
                    json!("550E8400-E29B-41D4-A716-446655440011"),
                    json!("550e8400-e29b-41d4-a716-446655440011"),
                ),
                (
                    json!("550e8400-e29b-41d4-a716-446655440012"),
                    json!("550e8400-e29b-41d4-a716-446655440012"),
                ),
            ],
        ),
        other("@db.Xml", "String", Kept::Unjudged(json!("<a/>"))),
        other("@db.Inet", "String", Kept::Unjudged(json!("10.0.0.1"))),
        same("@db.Citext", "String", &[json!("Admin"), json!("admin ")]),
        same("@db.Boolean", "Boolean", &[json!(true)]),
        same("@db.Integer", "Int", &[json!(7)]),
        same("@db.SmallInt", "Int", &[json!(-7)]),
        same("@db.Oid", "Int", &[json!(7)]),
        same("@db.BigInt", "BigInt", &[json!(9_007_199_254_740_993_i64)]),
        same("@db.DoublePrecision", "Float", &[json!(0.1)]),
        singles("@db.Real"),
        rounded("@db.Decimal(5, 2)"),
        as_pairs("@db.Decimal(5)", "Decimal", &[(json!("2.5"), json!("3"))]),
        same(
            "@db.Decimal",
            "Decimal",
            &[json!("0.1234567890123456789012345678901234567890123")],
        ),
        other("@db.Money", "Decimal", Kept::Never(json!("1.5"))),
        moments("@db.Timestamp(0)", "2026-01-31T23:59:59.000Z"),
        moments("@db.Timestamp(6)", "2026-01-31T23:59:59.987Z"),
        moments("@db.Timestamptz(1)", "2026-01-31T23:59:59.900Z"),
        moments("@db.Date", "2026-01-31T00:00:00.000Z"),
        other("@db.Time(3)", "DateTime", time()),
        other("@db.Timetz", "DateTime", time()),
        other("@db.Json", "Json", Kept::Uncompared),
        other("@db.JsonB", "Json", Kept::Uncompared),
        same("@db.ByteA", "Bytes", &[json!("ab")]),
    ]
}

fn mysql() -> Vec<Case> {
    let whole = |native| same(native, "Int", &[json!(7), json!(120)]);
    vec![
        same("@db.Text", "String", &[json!("admin "), json!("Admin")]),
        as_pairs(
            "@db.Text",
            "String",
            &[(long("x", 65_535, 2), long("x", 65_535, 0))],
        ),
        as_pairs(
            "@db.Char(8)",
            "String",
            &[
                (json!("admin  "), json!("admin")),
                (json!("Admin          "), json!("Admin")),
                (json!(" "), json!("")),
            ],
        ),
        as_pairs(
            "@db.VarChar(5)",
            "String",
            &[
                (json!("admin   "), json!("admin")),
                (json!("ädmin "), json!("ädmin")),
                (json!("adm    "), json!("adm  ")),
            ],
        ),
        as_pairs(
            "@db.TinyText",
            "String",
            &[
                (long("x", 255, 2), long("x", 255, 0)),
                (long("ä", 127, 2), long("ä", 127, 1)),
            ],
        ),
        same("@db.MediumText", "String", &[json!("admin ")]),
        same("@db.LongText", "String", &[json!("admin ")]),
        same("@db.Bit(1)", "Boolean", &[json!(true), json!(false)]),
        same("@db.TinyInt(1)", "Boolean", &[json!(true)]),
        whole("@db.TinyInt"),
        whole("@db.SmallInt"),
        whole("@db.MediumInt"),
        whole("@db.Int"),
        whole("@db.UnsignedTinyInt"),
        whole("@db.UnsignedSmallInt"),
        whole("@db.UnsignedMediumInt"),
        whole("@db.UnsignedInt"),
        other("@db.Year", "Int", Kept::Unjudged(json!(70))),
        same("@db.BigInt", "BigInt", &[json!(9_007_199_254_740_993_i64)]),
        same(
            "@db.UnsignedBigInt",
            "BigInt",
            &[json!(9_007_199_254_740_993_i64)],
        ),
        singles("@db.Float"),
        same("@db.Double", "Float", &[json!(0.1), json!(1e300)]),
        rounded("@db.Decimal(5, 2)"),
        as_pairs("@db.Decimal", "Decimal", &[(json!("2.5"), json!("3"))]),
        same("@db.Decimal(65, 0)", "Decimal", &[json!("9".repeat(60))]),
        moments("@db.Timestamp(0)", "2026-01-31T23:59:59.000Z"),
        moments("@db.DateTime", "2026-01-31T23:59:59.000Z"),
        moments("@db.DateTime(2)", "2026-01-31T23:59:59.980Z"),
        moments("@db.DateTime(6)", "2026-01-31T23:59:59.987Z"),
        moments("@db.Date", "2026-01-31T00:00:00.000Z"),
        other(
            "@db.Time",
            "DateTime",
            Kept::Unjudged(json!("2026-01-31T23:59:59.987Z")),
        ),
        other("@db.Json", "Json", Kept::Uncompared),
        as_pairs("@db.Binary(4)", "Bytes", &[(json!("ab"), json!("ab\0\0"))]),
        same("@db.VarBinary(4)", "Bytes", &[json!("ab")]),
        same("@db.TinyBlob", "Bytes", &[json!("ab ")]),
        same("@db.Blob", "Bytes", &[json!("ab")]),
        same("@db.MediumBlob", "Bytes", &[json!("ab")]),
        same("@db.LongBlob", "Bytes", &[json!("ab")]),
    ]
}
