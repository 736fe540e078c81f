//! Shapes and documents of all kinds: what is written without records is what is written with them, whatever the documents
//! hold, and what records refuse is refused.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use hallpass_sql::{Dialect, Expr, Value};
use proptest::prelude::*;

use super::alike::require as require_alike;
use super::rows;
use crate::codec::Codec;
use crate::error::Error;
use crate::http::Writer;
use crate::operation::Answer;
use crate::policy::DialectVersion;
use crate::shape::{Content, Extended, Extension, Found, Shape, ShapeField};

const SCHEMA: &str = r#"
    enum Kind { NOTE TASK @map("a task") }
    model Row {
      id    String @id
      text  String?
      whole Int?
      big   BigInt?
      float Float?
      exact Decimal?
      truth Boolean?
      at    DateTime?
      json  Json?
      bytes Bytes?
      kind  Kind?
    }
"#;

/// One of each kind of field, with what documents hold of it when nothing is wrong.
static CODECS: LazyLock<Vec<(String, Codec, &[&str])>> = LazyLock::new(|| {
    let source = hallpass_zmodel::Source {
        name: "test.zmodel",
        text: SCHEMA,
    };
    let schema = hallpass_zmodel::load(&[source]).unwrap();
    let fields = schema.models.first().unwrap().fields.iter();
    let codecs = fields.skip(1).map(|field| {
        let codec = Codec::of_new(&schema, Dialect::Sqlite, field).unwrap();
        (field.name.clone(), codec, fitting(&field.name))
    });
    codecs.collect()
});

fn fitting(field: &str) -> &'static [&'static str] {
    match field {
        "text" => &[
            r#""""#,
            r#""grüße 🪴, aber lang""#,
            r#""a\n\"b\\""#,
            r#""\u001f""#,
            "null",
        ],
        "whole" => &["0", "-1", "2147483647"],
        "big" => &["0", "-9223372036854775808", "123456789012345678"],
        "float" => &[r#""0.5r""#, r#""1e300r""#, "3", r#""12""#],
        "exact" => &[r#""1.50""#, "7", r#""0.1r""#],
        "truth" => &["true", "false", "0", "1"],
        "at" => &[
            r#""2026-01-31T23:59:59.123Z""#,
            r#""2026-01-31T23:59:59.5+00:00""#,
            r#""2026-01-31T23:59:59""#,
            r#""2026-01-31 23:59:59.9999+01""#,
            "1769903999987",
            "null",
        ],
        "json" => &[
            r#""{\"a\": [1, \"x\\ny\"], \"b\":null}""#,
            r#""12""#,
            r#""\"text\"""#,
            "null",
        ],
        "bytes" => &[r#""DEADbeef""#, r#""""#, "null"],
        "kind" => &[r#""NOTE""#, r#""a task""#],
        _ => &[],
    }
}

/// What documents hold when something is wrong, or only unusual.
const HOSTILE: &[&str] = &[
    "",
    "nul",
    "truex",
    "01",
    "-0",
    "1e5",
    "1e999",
    "2",
    "-",
    "[",
    "]",
    "[]",
    "[[]]",
    "{}",
    r#"{"a":1}"#,
    "1,2",
    r#""\ud800""#,
    r#""\u0041\/""#,
    r#""\u00""#,
    r#""\"#,
    "\"a\nb\"",
    r#"""""#,
    r#""TASK""#,
    r#""{\"a\":1,\"a\":2}""#,
    r#""{""#,
    r#""1.0r""#,
    r#""xr""#,
    r#""abc""#,
    r#""2026-02-30T00:00:00Z""#,
    "99999999999999999999",
    " null ",
    "0.1",
    r#""\u0000""#,
    "\u{7f}",
    r#""\u007f""#,
];

/// What a shape is made of.
#[derive(Debug, Clone)]
enum Part {
    /// The field of this number.
    Column(usize),
    Related(Vec<Part>),
    Many {
        parts: Vec<Part>,
        reversed: bool,
    },
    Group(Vec<Part>),
    Extended(Vec<usize>),
    Count,
    Nobody,
    Nothing,
    /// A column that no field shows.
    Hidden,
    /// So many of these that rows come as arrays of arrays.
    Wide,
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let leaf = prop_oneof![
        8 => (0..CODECS.len()).prop_map(Part::Column),
        1 => Just(Part::Count),
        1 => Just(Part::Nobody),
        1 => Just(Part::Nothing),
        1 => Just(Part::Hidden),
        1 => Just(Part::Wide),
        1 => prop::collection::vec(0..CODECS.len(), 0..3).prop_map(Part::Extended),
    ];
    let part = leaf.prop_recursive(3, 24, 5, |inner| {
        let inner = prop::collection::vec(inner, 0..5);
        prop_oneof![
            inner.clone().prop_map(Part::Related),
            inner.clone().prop_map(Part::Group),
            (inner, any::<bool>()).prop_map(|(parts, reversed)| Part::Many { parts, reversed }),
        ]
    });
    prop::collection::vec(part, 0..6)
}

/// What is thrown for everything that is not the shape.
struct Dice {
    state: u64,
    hostile: bool,
}

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        // Steps of SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        usize::try_from((mixed >> 32) % u64::try_from(most).unwrap()).unwrap()
    }

    fn one_of(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    fn is_hostile(&mut self) -> bool {
        self.hostile && self.below(12) == 0
    }
}

/// A column of a row.
enum Column {
    Field(usize),
    Presence,
    Count,
    Rows(Vec<Column>),
}

fn column(columns: &mut Vec<Column>, column: Column) -> usize {
    columns.push(column);
    columns.len() - 1
}

fn shape(parts: &[Part], reversed: bool, columns: &mut Vec<Column>) -> Arc<Shape> {
    let mut fields = Vec::new();
    let mut extensions = Vec::new();
    let field_of = |number: usize, columns: &mut Vec<Column>| {
        let (name, codec, _) = &CODECS[number];
        ShapeField {
            name: format!("{name}{}", columns.len()),
            content: Content::Column {
                position: column(columns, Column::Field(number)),
                codec: codec.clone(),
            },
        }
    };
    for part in parts {
        let name = match part {
            Part::Group(_) => "_count".to_owned(),
            // Names of schemas have no dots; what writes them must not take it for granted.
            Part::Related(_) => format!("to.one\\{}", fields.len()),
            _ => format!("other{}", fields.len()),
        };
        let content = match part {
            Part::Column(number) => {
                fields.push(field_of(*number, columns));
                continue;
            }
            Part::Wide => {
                for number in 0..Expr::JSON_ROW {
                    fields.push(field_of(number % CODECS.len(), columns));
                }
                continue;
            }
            Part::Hidden => {
                column(columns, Column::Field(0));
                continue;
            }
            Part::Extended(numbers) => {
                extensions.push(Extension {
                    presence: column(columns, Column::Presence),
                    fields: numbers
                        .iter()
                        .map(|number| field_of(*number, columns))
                        .collect(),
                });
                continue;
            }
            Part::Related(parts) => Content::Related {
                presence: column(columns, Column::Presence),
                shape: shape(parts, false, columns),
            },
            Part::Many { parts, reversed } => {
                let mut inner = Vec::new();
                let shape = shape(parts, *reversed, &mut inner);
                Content::Many {
                    width: inner.len(),
                    position: column(columns, Column::Rows(inner)),
                    shape,
                    most: None,
                }
            }
            Part::Group(parts) => Content::Group {
                shape: shape(parts, false, columns),
            },
            Part::Count => Content::Count {
                position: column(columns, Column::Count),
            },
            Part::Nobody => Content::Nobody,
            Part::Nothing => Content::Nothing,
        };
        fields.push(ShapeField { name, content });
    }
    Arc::new(Shape {
        model: "Row".to_owned(),
        fields,
        reversed,
        extended: (!extensions.is_empty()).then(|| Arc::new(Extended::new(extensions))),
        key: Vec::new(),
    })
}

fn row(columns: &[Column], dice: &mut Dice, text: &mut String) {
    let parts: Vec<_> = match columns.len() {
        0..=Expr::JSON_ROW => vec![columns],
        _ => columns.chunks(Expr::JSON_ROW).collect(),
    };
    let is_wide = columns.len() > Expr::JSON_ROW;
    list(text, is_wide, &parts, |text, part| {
        list(text, true, part, |text, column| value(column, dice, text));
    });
}

/// The items, in brackets or without, as PostgreSQL sets them or as SQLite does.
fn list<T>(text: &mut String, brackets: bool, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    let between = if text.len().is_multiple_of(2) {
        ","
    } else {
        ", \n "
    };
    text.push_str(if brackets { "[" } else { "" });
    for (number, item) in items.iter().enumerate() {
        text.push_str(if number > 0 { between } else { "" });
        each(text, item);
    }
    text.push_str(if brackets { "]" } else { "" });
}

fn value(column: &Column, dice: &mut Dice, text: &mut String) {
    if dice.is_hostile() {
        text.push_str(dice.one_of(HOSTILE));
        return;
    }
    match column {
        Column::Field(number) => text.push_str(dice.one_of(CODECS[*number].2)),
        Column::Presence => text.push_str(dice.one_of(&["null", "1", r#""key""#])),
        Column::Count => write!(text, "{}", dice.below(9)).unwrap(),
        Column::Rows(columns) => {
            let rows = vec![columns; dice.below(4)];
            list(text, true, &rows, |text, columns| row(columns, dice, text));
        }
    }
}

/// One row of a statement, whose one field are the rows of a document.
fn found(parts: &[Part], reversed: bool, document: impl FnOnce(&[Column]) -> String) -> Found {
    let mut columns = Vec::new();
    let inner = shape(parts, reversed, &mut columns);
    let many = Content::Many {
        position: 0,
        width: columns.len(),
        shape: inner,
        most: None,
    };
    let fields = vec![ShapeField {
        name: "rows".to_owned(),
        content: many,
    }];
    Found {
        shape: Arc::new(Shape {
            model: "Outer".to_owned(),
            fields,
            reversed: false,
            extended: None,
            key: Vec::new(),
        }),
        rows: vec![vec![Value::Text(document(&columns))]],
        levels: Vec::new(),
    }
}

fn document(columns: &[Column], dice: &mut Dice) -> String {
    let mut text = String::new();
    let rows = vec![(); 1 + dice.below(4)];
    list(&mut text, true, &rows, |text, ()| row(columns, dice, text));
    text
}

/// What is answered, by whichever way.
fn answered(found: Found) -> Result<String, Error> {
    let mut writer = Writer::new(DialectVersion::Three);
    writer.raw("{\"data\":");
    writer.answer(&Answer::Rows(found))?;
    Ok(String::from_utf8(writer.ended().to_vec()).unwrap())
}

fn is_walked(found: &Found) -> bool {
    rows(&mut Writer::new(DialectVersion::Three), found).is_ok()
}

proptest! {
    #[test]
    fn what_fits_is_written_without_records(parts in parts(), reversed in any::<bool>(), state in any::<u64>()) {
        let mut dice = Dice { state, hostile: false };
        let found = found(&parts, reversed, |columns| document(columns, &mut dice));
        prop_assert!(is_walked(&found), "{:?}", found.rows);
        require_alike(&found);
    }

    #[test]
    fn whatever_documents_hold_the_answer_is_that_of_records(parts in parts(), reversed in any::<bool>(), state in any::<u64>()) {
        let mut dice = Dice { state, hostile: true };
        let found = found(&parts, reversed, |columns| document(columns, &mut dice));
        require_alike(&found);
        let refused = found.records().err().map(|error| error.to_string());
        prop_assert_eq!(answered(found).err().map(|error| error.to_string()), refused);
    }

    #[test]
    fn torn_documents_are_refused(parts in parts(), state in any::<u64>(), at in any::<prop::sample::Index>()) {
        let mut dice = Dice { state, hostile: false };
        let found = found(&parts, false, |columns| {
            let text = document(columns, &mut dice);
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            text.get(..ends[at.index(ends.len())]).unwrap().to_owned()
        });
        prop_assert!(!is_walked(&found));
        prop_assert!(answered(found).is_err());
    }

    #[test]
    fn texts_that_are_no_documents_are_refused_as_before(text in any::<String>()) {
        let found = found(&[Part::Column(0)], false, |_| text);
        require_alike(&found);
        let refused = found.records().err().map(|error| error.to_string());
        prop_assert_eq!(answered(found).err().map(|error| error.to_string()), refused);
    }
}

fn one(field: &str, document: &str) -> Found {
    let number = CODECS.iter().position(|one| one.0 == field).unwrap();
    found(&[Part::Column(number)], false, |_| document.to_owned())
}

#[test]
fn values_go_out_as_the_wire_says_them() {
    for (field, document, expected) in [
        (
            "text",
            r#"[["a\nb"], ["\u0041\/"]]"#,
            r#"[{"text0":"a\nb"},{"text0":"A/"}]"#,
        ),
        (
            "truth",
            "[[1],[false],[null]]",
            r#"[{"truth0":true},{"truth0":false},{"truth0":null}]"#,
        ),
        ("json", r#"[["{\"a\": 1}"]]"#, r#"[{"json0":{"a":1}}]"#),
        ("kind", r#"[["a task"]]"#, r#"[{"kind0":"TASK"}]"#),
    ] {
        let answered = answered(one(field, document)).unwrap();
        assert_eq!(answered, format!(r#"{{"data":[{{"rows":{expected}}}]}}"#));
    }
    let at = answered(one("at", r#"[["2026-01-31T23:59:59"]]"#)).unwrap();
    assert_eq!(
        at,
        r#"{"data":[{"rows":[{"at0":"2026-01-31T23:59:59.000Z"}]}],"meta":{"serialization":{"values":{"0.rows.0.at0":["Date"]},"v":1}}}"#
    );
    let big = answered(one("big", "[[-5]]")).unwrap();
    assert_eq!(
        big,
        r#"{"data":[{"rows":[{"big0":"-5"}]}],"meta":{"serialization":{"values":{"0.rows.0.big0":["bigint"]},"v":1}}}"#
    );
}

#[test]
fn a_value_that_the_schema_does_not_have_is_named() {
    for (field, document) in [
        ("whole", r#"[["x"]]"#),
        ("truth", "[[2]]"),
        ("kind", r#"[["OTHER"]]"#),
        ("at", r#"[["never"]]"#),
        ("json", r#"[["{"]]"#),
        ("bytes", r#"[["0g"]]"#),
    ] {
        let error = answered(one(field, document)).unwrap_err();
        let is_named = matches!(&error, Error::Stored { model, field: named, .. }
            if model == "Row" && *named == format!("{field}0"));
        assert!(is_named, "{error}");
    }
    // Nothing of an answer that fails is kept.
    let mut writer = Writer::new(DialectVersion::Three);
    let refused = Answer::Rows(one("whole", r#"[[1],["x"]]"#));
    assert!(writer.answer(&refused).is_err());
    assert_eq!(writer.finish().0, b"");
}

#[test]
fn depth_has_a_bound() {
    let deep = "[".repeat(1_000_000);
    assert!(answered(one("text", &deep)).is_err());
}
