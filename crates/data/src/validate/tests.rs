use hallpass_zmodel::schema::{
    Arity, Check, Comparison, Expr, ExprKind, Field, FieldKind, FieldRule, Function, ModelRule,
    Place, Quantifier, Scalar, Transform, Type, TypeBase, TypeDef,
};
use hallpass_zmodel::{Schema, Source, load};
use serde_json::{Value as Json, json};

use super::{Issue, Patterns, Validator};
use crate::args::ArgValue;
use crate::error::InvalidInput;

/// A schema of one model `M` with an id and these fields.
fn schema(fields: Vec<Field>, rules: Vec<ModelRule>) -> Schema {
    let text = "model M { id Int @id }";
    let name = "test.zmodel";
    let mut schema = load(&[Source { name, text }]).unwrap();
    let model = &mut schema.models[0];
    model.fields.extend(fields);
    model.rules = rules;
    schema
}

fn field(name: &str, scalar: Scalar, arity: Arity, rules: Vec<FieldRule>) -> Field {
    let mut field = Field::new(name, FieldKind::Scalar(scalar), arity);
    field.rules = rules;
    field
}

fn check(check: Check) -> FieldRule {
    FieldRule::Check {
        check,
        message: Some("a text of one's own".to_owned()),
    }
}

fn args(json: Json) -> Vec<(String, ArgValue)> {
    match ArgValue::from_json(json).unwrap() {
        ArgValue::Object(members) => members,
        other => panic!("{other:?}"),
    }
}

fn judge(schema: &Schema, data: &mut [(String, ArgValue)]) -> Vec<String> {
    let patterns = Patterns::of(schema).unwrap();
    let validator = Validator {
        schema,
        patterns: &patterns,
        now: "2026-01-31T12:00:00Z".parse().unwrap(),
    };
    let found = validator.data(&schema.models[0], data, "data");
    let issues = found.err().unwrap_or_default();
    issues.iter().map(ToString::to_string).collect()
}

fn text_says(rules: Vec<FieldRule>, text: &str) -> (String, Vec<String>) {
    let schema = schema(
        vec![field("f", Scalar::String, Arity::Optional, rules)],
        vec![],
    );
    let mut data = args(json!({ "f": text }));
    let said = judge(&schema, &mut data);
    let ArgValue::Text(text) = &data[0].1 else {
        panic!("{data:?}");
    };
    (text.clone(), said)
}

#[test]
fn each_check_of_a_text_says_what_it_expects() {
    let length = |min, max| Check::Length { min, max };
    for (rule, passes, fails, message) in [
        (
            length(Some(2), None),
            "ab",
            "a",
            "Too small: expected string to have >=2 characters",
        ),
        (
            length(None, Some(2)),
            "ab",
            "abc",
            "Too big: expected string to have <=2 characters",
        ),
        // As JavaScript counts: two units each.
        (
            length(None, Some(2)),
            "😀",
            "😀a",
            "Too big: expected string to have <=2 characters",
        ),
        (
            Check::StartsWith("ab".into()),
            "abc",
            "cab",
            "Invalid string: must start with \"ab\"",
        ),
        (
            Check::EndsWith("ab".into()),
            "cab",
            "abc",
            "Invalid string: must end with \"ab\"",
        ),
        (
            Check::Contains("b".into()),
            "abc",
            "ac",
            "Invalid string: must include \"b\"",
        ),
        (
            Check::Regex("^a/b$".into()),
            "a/b",
            "a/bc",
            "Invalid string: must match pattern /^a\\/b$/",
        ),
        (
            Check::Email,
            "a.b+c'd@x-y.example.com",
            "a@b",
            "Invalid email address",
        ),
        (
            Check::Url,
            "https://example.com/?a=b",
            "example.com",
            "Invalid URL",
        ),
        (
            Check::DateTime,
            "2024-02-29T23:59:59.123456Z",
            "2024-02-29T23:59:59+00:00",
            "Invalid ISO datetime",
        ),
        (Check::Date, "2024-02-29", "2023-02-29", "Invalid ISO date"),
        (Check::Time(None), "23:59", "24:00", "Invalid ISO time"),
        (
            Check::Phone,
            "+4915112345678",
            "015112345678",
            "Invalid E.164 number",
        ),
    ] {
        let said = |text| text_says(vec![check(rule.clone())], text).1;
        assert_eq!(said(passes), Vec::<String>::new(), "{rule:?} {passes}");
        assert_eq!(
            said(fails),
            [format!("{message} at \"data.f\"")],
            "{rule:?} {fails}"
        );
    }
}

#[test]
fn forms_of_texts() {
    let cases: &[(Check, &[&str], &[&str])] = &[
        (
            Check::Email,
            &["a@b.co", "a_-+b@a.b.museum", "A1@9.de", "x@a-.de"],
            &[
                "",
                "@",
                "a@",
                "@b.co",
                "a@b.c",
                "a@b.c1",
                ".a@b.co",
                "a.@b.co",
                "a'@b.co",
                "a..b@c.de",
                "a@b..co",
                "a@-b.co",
                "a b@c.de",
                " a@b.co",
                "a@b.co ",
                "a@@b.co",
                "ä@b.co",
                "a@b.co\n",
                "\"a b\"@c.de",
                "a@[127.0.0.1]",
            ],
        ),
        (
            Check::Url,
            &[
                "http://a",
                "mailto:a@b.co",
                "HTTPS://EXAMPLE.com",
                "ftp://[::1]/x",
                " https://a.b ",
            ],
            &[
                "",
                "a",
                "//a.b",
                "http://",
                "http://a:99999",
                "https://exa mple.com",
                "http://[::1",
            ],
        ),
        (
            Check::DateTime,
            &[
                "2026-01-31T00:00Z",
                "2026-01-31T00:00:00Z",
                "0000-01-01T00:00:00.1Z",
            ],
            &[
                "2026-01-31",
                "2026-01-31T00:00:00",
                "2026-01-31 00:00:00Z",
                "2026-02-30T00:00Z",
                "2026-01-31T24:00Z",
                "2026-01-31T00:60Z",
                "2026-01-31T00:00:60Z",
                "2026-01-31T00Z",
                "2026-01-31T00:00:00.Z",
                "2026-1-31T00:00Z",
                "12026-01-31T00:00Z",
                "2026-01-31t00:00z",
            ],
        ),
        (
            Check::Date,
            &["2000-02-29", "0001-12-31", "2026-04-30"],
            &[
                "1900-02-29",
                "2026-04-31",
                "2026-13-01",
                "2026-00-01",
                "2026-01-00",
                "26-01-01",
                "2026-01-01Z",
                "+026-01-01",
                "2026--1-01",
            ],
        ),
        (
            Check::Time(None),
            &["00:00", "23:59:59", "00:00:00.123456789"],
            &[
                "0:00",
                "23:60",
                "23:59:60",
                "00:00Z",
                "00:00:00.",
                "00:00:",
                "+1:00",
            ],
        ),
        (
            Check::Time(Some(0)),
            &["00:00:00"],
            &["00:00", "00:00:00.1"],
        ),
        (
            Check::Time(Some(3)),
            &["00:00:00.123"],
            &["00:00", "00:00:00", "00:00:00.12", "00:00:00.1234"],
        ),
        (
            Check::Phone,
            &["+1234567", "+123456789012345"],
            &[
                "+123456",
                "+1234567890123456",
                "1234567",
                "+0234567",
                "+1 234567",
                "+",
                "+12345６7",
            ],
        ),
    ];
    for (rule, passing, failing) in cases {
        for (text, expected) in passing
            .iter()
            .map(|t| (t, true))
            .chain(failing.iter().map(|t| (t, false)))
        {
            let (_, said) = text_says(vec![check(rule.clone())], text);
            assert_eq!(said.is_empty(), expected, "{rule:?} {text:?}");
        }
    }
}

#[test]
fn transforms_and_checks_run_in_the_order_of_the_source() {
    let trim = || FieldRule::Transform(Transform::Trim);
    for (rules, given, kept, said) in [
        (
            vec![trim(), check(Check::Email)],
            " a@b.co ",
            "a@b.co",
            vec![],
        ),
        (
            vec![check(Check::Email), trim()],
            " a@b.co ",
            "a@b.co",
            vec!["Invalid email address at \"data.f\""],
        ),
        (
            vec![
                FieldRule::Transform(Transform::Lower),
                check(Check::Contains("ä".into())),
            ],
            "Ä",
            "ä",
            vec![],
        ),
        (
            vec![
                check(Check::Contains("ä".into())),
                FieldRule::Transform(Transform::Lower),
            ],
            "Ä",
            "ä",
            vec!["Invalid string: must include \"ä\" at \"data.f\""],
        ),
        (
            vec![FieldRule::Transform(Transform::Upper)],
            "straße",
            "STRASSE",
            vec![],
        ),
        (vec![trim()], "\u{feff}\t a\u{a0}\n", "a", vec![]),
        (
            vec![
                check(Check::Url),
                check(Check::Length {
                    min: None,
                    max: Some(8),
                }),
            ],
            " http://a ",
            "http://a",
            vec![],
        ),
        (
            vec![
                check(Check::Length {
                    min: Some(9),
                    max: None,
                }),
                check(Check::Email),
            ],
            "x",
            "x",
            vec![
                "Too small: expected string to have >=9 characters at \"data.f\"",
                "Invalid email address at \"data.f\"",
            ],
        ),
    ] {
        assert_eq!(
            text_says(rules.clone(), given),
            (
                kept.to_owned(),
                said.into_iter().map(str::to_owned).collect()
            ),
            "{rules:?}"
        );
    }
}

#[test]
fn bounds_of_numbers_lose_no_digit() {
    let decimal = |text: &str| ArgValue::Decimal(text.to_owned());
    let number = |json: Json| ArgValue::from_json(json).unwrap();
    let above = |text: &str| Check::Greater(text.to_owned());
    for (rule, value, said) in [
        (
            above("5"),
            number(json!(5)),
            Some("Too small: expected number to be >5"),
        ),
        (above("5"), number(json!(5.000_000_1)), None),
        (
            above("0.30"),
            number(json!(0.3)),
            Some("Too small: expected number to be >0.3"),
        ),
        (
            Check::GreaterOrEqual("5.0".into()),
            number(json!(4)),
            Some("Too small: expected number to be >=5"),
        ),
        (
            Check::Less("-1".into()),
            number(json!(-1)),
            Some("Too big: expected number to be <-1"),
        ),
        (
            Check::LessOrEqual("1".into()),
            number(json!(1e300)),
            Some("Too big: expected number to be <=1"),
        ),
        (Check::LessOrEqual("1".into()), number(json!(1e-300)), None),
        (
            above("9007199254740992"),
            ArgValue::BigInt(9_007_199_254_740_992),
            Some("Too small: expected bigint to be >9007199254740992"),
        ),
        (
            above("9007199254740992"),
            ArgValue::BigInt(9_007_199_254_740_993),
            None,
        ),
        (
            above("0.1"),
            decimal("0.10000000000000000000000000001"),
            None,
        ),
        (
            above("0.1"),
            decimal("0.1000"),
            Some("Too small: expected number to be >0.1"),
        ),
        (above("0.1"), ArgValue::Text("0.2".into()), None),
        // What is no number passes no bound.
        (
            above("0"),
            ArgValue::Text("abc".into()),
            Some("Too small: expected number to be >0"),
        ),
        (above("0"), ArgValue::Null, None),
        (
            above("0"),
            number(json!({"set": 0})),
            Some("Too small: expected number to be >0"),
        ),
        (above("0"), number(json!({"increment": -5})), None),
        (
            above("0"),
            ArgValue::Object(vec![("set".into(), ArgValue::Null)]),
            None,
        ),
    ] {
        let rules = vec![check(rule.clone())];
        let schema = schema(
            vec![field("f", Scalar::Decimal, Arity::Optional, rules)],
            vec![],
        );
        let place = if matches!(value, ArgValue::Object(_)) {
            "data.f.set"
        } else {
            "data.f"
        };
        let mut data = vec![("f".to_owned(), value.clone())];
        let expected: Vec<_> = said
            .map(|said| format!("{said} at \"{place}\""))
            .into_iter()
            .collect();
        assert_eq!(judge(&schema, &mut data), expected, "{rule:?} {value:?}");
    }
}

#[test]
fn lists_are_counted_and_their_elements_checked() {
    let rules = vec![
        FieldRule::Transform(Transform::Trim),
        check(Check::Length {
            min: Some(1),
            max: Some(2),
        }),
        check(Check::Email),
    ];
    let schema = schema(vec![field("f", Scalar::String, Arity::List, rules)], vec![]);
    for (given, kept, said) in [
        (json!([" a@b.co"]), json!(["a@b.co"]), vec![]),
        (
            json!([]),
            json!([]),
            vec!["Too small: expected array to have >=1 items at \"data.f\""],
        ),
        (
            json!(["a@b.co", "x", "a@b.co"]),
            json!(["a@b.co", "x", "a@b.co"]),
            vec![
                "Invalid email address at \"data.f[1]\"",
                "Too big: expected array to have <=2 items at \"data.f\"",
            ],
        ),
        (
            json!({"set": ["x"]}),
            json!({"set": ["x"]}),
            vec!["Invalid email address at \"data.f.set[0]\""],
        ),
        (
            json!({"push": " x"}),
            json!({"push": "x"}),
            vec!["Invalid email address at \"data.f.push\""],
        ),
        (
            json!({"push": ["a@b.co", "x", "a@b.co"]}),
            json!({"push": ["a@b.co", "x", "a@b.co"]}),
            vec!["Invalid email address at \"data.f.push[1]\""],
        ),
    ] {
        let mut data = args(json!({ "f": given }));
        assert_eq!(judge(&schema, &mut data), said, "{given}");
        assert_eq!(data, args(json!({ "f": kept })), "{given}");
    }
}

#[test]
fn what_is_null_or_not_there_is_not_checked() {
    let schema = schema(
        vec![field(
            "f",
            Scalar::String,
            Arity::Optional,
            vec![check(Check::Email)],
        )],
        vec![],
    );
    assert_eq!(judge(&schema, &mut args(json!({}))), Vec::<String>::new());
    assert_eq!(
        judge(&schema, &mut args(json!({ "f": null }))),
        Vec::<String>::new()
    );
}

fn expr(kind: ExprKind) -> Expr {
    let ty = Type {
        base: TypeBase::Scalar(Scalar::Boolean),
        list: false,
        optional: false,
    };
    Expr { kind, ty }
}

fn of_this(name: &str) -> Expr {
    expr(ExprKind::Member(
        Box::new(expr(ExprKind::This)),
        name.into(),
    ))
}

fn text(text: &str) -> Expr {
    expr(ExprKind::String(text.into()))
}

fn number(digits: &str) -> Expr {
    expr(ExprKind::Number(digits.into()))
}

fn compare(one: Expr, comparison: Comparison, other: Expr) -> Expr {
    expr(ExprKind::Compare(
        Box::new(one),
        comparison,
        Box::new(other),
    ))
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Call(function, arguments))
}

fn must(condition: Expr) -> ModelRule {
    ModelRule {
        condition,
        message: None,
        path: vec![],
        place: Place::default(),
    }
}

/// Fields of every kind, and a typed one.
fn of_every_kind(rules: Vec<ModelRule>) -> Schema {
    let mut fields: Vec<_> = [
        ("text", Scalar::String),
        ("age", Scalar::Int),
        ("price", Scalar::Decimal),
        ("flag", Scalar::Boolean),
        ("start", Scalar::DateTime),
        ("end", Scalar::DateTime),
    ]
    .into_iter()
    .map(|(name, scalar)| field(name, scalar, Arity::Optional, vec![]))
    .collect();
    fields.push(field("tags", Scalar::String, Arity::List, vec![]));
    let typed = FieldKind::Typed("Item".into());
    fields.push(Field::new("item", typed.clone(), Arity::Optional));
    fields.push(Field::new("items", typed, Arity::List));
    let mut schema = schema(fields, rules);
    let mail = field(
        "mail",
        Scalar::String,
        Arity::Optional,
        vec![check(Check::Email)],
    );
    schema.types.push(TypeDef {
        name: "Item".into(),
        doc: None,
        fields: vec![mail, field("size", Scalar::Int, Arity::Optional, vec![])],
        rules: vec![must(compare(
            of_this("size"),
            Comparison::NotEqual,
            number("13"),
        ))],
        meta: Vec::new(),
    });
    schema
}

#[test]
fn rules_of_a_model_see_the_data_of_the_call_alone() {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let not = |inner| expr(ExprKind::Not(Box::new(inner)));
    let null = || expr(ExprKind::Null);
    let list = |parts: &[&str]| {
        expr(ExprKind::List(
            parts.iter().map(|part| text(part)).collect(),
        ))
    };
    let size = || expr(ExprKind::Member(Box::new(of_this("item")), "size".into()));
    let element = |name: &str| {
        expr(ExprKind::Member(
            Box::new(expr(ExprKind::Element(0))),
            name.into(),
        ))
    };
    let every = |quantifier| {
        expr(ExprKind::Predicate {
            quantifier,
            collection: Box::new(of_this("items")),
            condition: Box::new(compare(element("size"), Greater, number("1"))),
        })
    };
    let fold = || expr(ExprKind::Boolean(true));
    for (condition, data, expected) in [
        // Contract §2.10: an absent field equals null, passes comparisons by size, and functions say false.
        (compare(of_this("age"), Equal, null()), json!({}), true),
        (
            compare(of_this("age"), Equal, number("1")),
            json!({}),
            false,
        ),
        (
            compare(of_this("age"), NotEqual, number("1")),
            json!({}),
            true,
        ),
        (
            compare(of_this("age"), Greater, number("18")),
            json!({}),
            true,
        ),
        (
            compare(of_this("age"), LessOrEqual, number("18")),
            json!({}),
            true,
        ),
        (
            call(Function::IsEmail, vec![of_this("text")]),
            json!({}),
            false,
        ),
        (
            not(call(Function::IsEmail, vec![of_this("text")])),
            json!({}),
            true,
        ),
        (
            compare(
                call(Function::Length, vec![of_this("text")]),
                GreaterOrEqual,
                number("3"),
            ),
            json!({}),
            false,
        ),
        (
            call(Function::Contains, vec![of_this("text"), text("")]),
            json!({}),
            false,
        ),
        (
            call(Function::Has, vec![of_this("tags"), text("a")]),
            json!({}),
            false,
        ),
        (
            call(Function::IsEmpty, vec![of_this("tags")]),
            json!({}),
            false,
        ),
        // Null is 0 by size.
        (
            compare(of_this("age"), Greater, number("-1")),
            json!({"age": null}),
            true,
        ),
        (
            compare(of_this("age"), Greater, number("0")),
            json!({"age": null}),
            false,
        ),
        (
            compare(of_this("age"), Equal, number("0")),
            json!({"age": null}),
            false,
        ),
        (
            compare(of_this("age"), Equal, null()),
            json!({"age": null}),
            true,
        ),
        // Values.
        (
            compare(of_this("age"), Greater, number("18")),
            json!({"age": 19}),
            true,
        ),
        (
            compare(of_this("age"), Greater, number("18")),
            json!({"age": 18}),
            false,
        ),
        (
            compare(of_this("age"), Greater, number("18")),
            json!({"age": {"set": 19}}),
            true,
        ),
        (
            compare(of_this("age"), Greater, number("18")),
            json!({"age": {"increment": 19}}),
            false,
        ),
        (
            compare(of_this("price"), Equal, number("0.10")),
            json!({"price": "0.1"}),
            true,
        ),
        (
            compare(of_this("price"), Less, number("0.1")),
            json!({"price": "0.09999999999999999999999"}),
            true,
        ),
        (of_this("flag"), json!({"flag": true}), true),
        (of_this("flag"), json!({"flag": false}), false),
        (of_this("flag"), json!({"flag": null}), false),
        (not(of_this("flag")), json!({"flag": false}), true),
        (
            compare(of_this("start"), Less, of_this("end")),
            json!({"start": "2026-01-31T00:00:00Z", "end": "2026-01-31T01:00:00+02:00"}),
            false,
        ),
        (
            compare(of_this("start"), LessOrEqual, of_this("end")),
            json!({"start": "2026-01-31", "end": "2026-01-31T00:00:00Z"}),
            true,
        ),
        (
            compare(of_this("start"), Equal, text("2026-01-31T00:00:00Z")),
            json!({"start": "2026-01-31T01:00:00+01:00"}),
            true,
        ),
        (
            compare(of_this("start"), Greater, call(Function::Now, vec![])),
            json!({"start": "2026-01-31T12:00:01Z"}),
            true,
        ),
        (
            compare(of_this("start"), Greater, call(Function::Now, vec![])),
            json!({"start": "2026-01-31T12:00:00Z"}),
            false,
        ),
        // Functions.
        (
            compare(
                call(Function::Length, vec![of_this("text")]),
                Equal,
                number("2"),
            ),
            json!({"text": "😀"}),
            true,
        ),
        (
            call(
                Function::Length,
                vec![of_this("text"), number("2"), number("3")],
            ),
            json!({"text": "abc"}),
            true,
        ),
        (
            call(
                Function::Length,
                vec![of_this("text"), number("2"), number("3")],
            ),
            json!({"text": "abcd"}),
            false,
        ),
        (
            call(Function::Length, vec![of_this("text"), number("2")]),
            json!({"text": "a"}),
            false,
        ),
        (
            call(Function::StartsWith, vec![of_this("text"), text("A")]),
            json!({"text": "abc"}),
            false,
        ),
        (
            call(
                Function::StartsWith,
                vec![of_this("text"), text("A"), fold()],
            ),
            json!({"text": "abc"}),
            true,
        ),
        (
            call(Function::EndsWith, vec![of_this("text"), text("C"), fold()]),
            json!({"text": "abc"}),
            true,
        ),
        (
            call(Function::Contains, vec![of_this("text"), text("b")]),
            json!({"text": "abc"}),
            true,
        ),
        (
            call(Function::Regex, vec![of_this("text"), text("^b")]),
            json!({"text": "abc"}),
            false,
        ),
        (
            call(Function::Regex, vec![of_this("text"), text("b")]),
            json!({"text": "abc"}),
            true,
        ),
        (
            call(Function::IsEmail, vec![of_this("text")]),
            json!({"text": "a@b.co"}),
            true,
        ),
        (
            call(Function::IsUrl, vec![of_this("text")]),
            json!({"text": "a@b.co"}),
            false,
        ),
        (
            call(Function::IsDateTime, vec![of_this("text")]),
            json!({"text": "2026-01-31T00:00:00Z"}),
            true,
        ),
        (
            call(Function::IsDate, vec![of_this("text")]),
            json!({"text": "2026-01-31"}),
            true,
        ),
        (
            call(Function::IsTime, vec![of_this("text"), number("0")]),
            json!({"text": "12:00"}),
            false,
        ),
        (
            call(Function::IsPhone, vec![of_this("text")]),
            json!({"text": "+4915112345678"}),
            true,
        ),
        (
            call(Function::Has, vec![of_this("tags"), text("a")]),
            json!({"tags": ["b", "a"]}),
            true,
        ),
        (
            call(Function::HasSome, vec![of_this("tags"), list(&["x", "a"])]),
            json!({"tags": ["a"]}),
            true,
        ),
        (
            call(Function::HasEvery, vec![of_this("tags"), list(&["x", "a"])]),
            json!({"tags": ["a"]}),
            false,
        ),
        (
            call(Function::IsEmpty, vec![of_this("tags")]),
            json!({"tags": {"set": []}}),
            true,
        ),
        (
            expr(ExprKind::In(
                Box::new(of_this("text")),
                Box::new(list(&["a", "b"])),
            )),
            json!({"text": "b"}),
            true,
        ),
        (
            expr(ExprKind::In(
                Box::new(of_this("text")),
                Box::new(list(&["a", "b"])),
            )),
            json!({"text": null}),
            false,
        ),
        (
            expr(ExprKind::In(
                Box::new(of_this("text")),
                Box::new(list(&["a", "b"])),
            )),
            json!({}),
            false,
        ),
        // Typed documents.
        (
            compare(size(), Greater, number("1")),
            json!({"item": {"size": 2}}),
            true,
        ),
        (
            compare(size(), Greater, number("-1")),
            json!({"item": {}}),
            true,
        ),
        (
            compare(size(), Greater, number("-1")),
            json!({"item": null}),
            false,
        ),
        (compare(size(), Greater, number("-1")), json!({}), false),
        (compare(size(), Equal, null()), json!({}), true),
        (
            every(Quantifier::Some),
            json!({"items": [{"size": 1}, {"size": 2}]}),
            true,
        ),
        (
            every(Quantifier::Every),
            json!({"items": [{"size": 1}, {"size": 2}]}),
            false,
        ),
        (every(Quantifier::Every), json!({"items": []}), true),
        (
            every(Quantifier::None),
            json!({"items": [{"size": 1}]}),
            true,
        ),
        (every(Quantifier::None), json!({}), false),
        // What cannot be evaluated is not fulfilled, whichever way it is asked.
        (expr(ExprKind::Auth), json!({}), false),
        (not(expr(ExprKind::Auth)), json!({}), false),
        (of_this("nothing"), json!({"nothing": true}), false),
    ] {
        let schema = of_every_kind(vec![must(condition.clone())]);
        let said = judge(&schema, &mut args(data.clone()));
        let expected: &[&str] = if expected {
            &[]
        } else {
            &["Invalid input at \"data\""]
        };
        assert_eq!(said, expected, "{condition:?} of {data}");
    }
}

#[test]
fn rules_see_what_transforms_made() {
    let mut schema = of_every_kind(vec![must(compare(
        of_this("text"),
        Comparison::Equal,
        text("a"),
    ))]);
    schema.models[0].fields[1].rules = vec![FieldRule::Transform(Transform::Trim)];
    assert_eq!(
        judge(&schema, &mut args(json!({"text": " a "}))),
        Vec::<String>::new()
    );
}

#[test]
fn a_rule_says_its_message_with_a_capital_at_its_path() {
    let never = || expr(ExprKind::Boolean(false));
    let rule = |message: &str, path: &[&str]| ModelRule {
        message: Some(message.into()),
        path: path.iter().map(|&part| part.to_owned()).collect(),
        ..must(never())
    };
    let schema = schema(
        vec![field(
            "f",
            Scalar::String,
            Arity::Optional,
            vec![check(Check::Email)],
        )],
        vec![
            rule("ärger with it", &["f"]),
            rule("second", &[]),
            rule("third", &["a b", "9", "x\"y"]),
        ],
    );
    assert_eq!(
        judge(&schema, &mut args(json!({"f": "x"}))),
        [
            "Invalid email address at \"data.f\"",
            "Ärger with it at \"data.f\"",
            "Second at \"data\"",
            "Third at \"data.a b[\"9\"][\"x\\\"y\"]\"",
        ]
    );
}

#[test]
fn typed_documents_are_checked_by_the_rules_of_their_type() {
    let schema = of_every_kind(vec![]);
    let mut data = args(json!({
        "item": {"mail": "x", "size": 13},
        "items": [{"mail": "a@b.co"}, {"mail": "x"}],
    }));
    assert_eq!(
        judge(&schema, &mut data),
        [
            "Invalid email address at \"data.item.mail\"",
            "Invalid input at \"data.item\"",
            "Invalid email address at \"data.items[1].mail\"",
        ]
    );
}

#[test]
fn the_error_is_worded_as_clients_know_it() {
    let issue = |path: &str, message: &str| Issue {
        path: path.into(),
        message: message.into(),
    };
    let error = InvalidInput::Validation {
        operation: "create",
        model: "User".into(),
        issues: vec![
            issue("data.email", "Invalid email address"),
            issue("data", "passwords differ"),
        ],
    };
    assert_eq!(
        error.to_string(),
        "Invalid create args for model \"User\": Validation error: Invalid email address at \"data.email\"; \
         Passwords differ at \"data\""
    );
}

#[test]
fn no_more_than_so_many_issues_are_told() {
    let schema = schema(
        vec![field(
            "f",
            Scalar::String,
            Arity::List,
            vec![check(Check::Email)],
        )],
        vec![],
    );
    let said = judge(&schema, &mut args(json!({ "f": vec!["x"; 50_000] })));
    assert_eq!(said.len(), 99);
}

#[test]
fn a_pattern_that_nobody_can_run_is_told_when_a_client_opens() {
    let broken = |rules| {
        schema(
            vec![field("f", Scalar::String, Arity::Optional, rules)],
            vec![],
        )
    };
    let error = Patterns::of(&broken(vec![check(Check::Regex("(".into()))])).unwrap_err();
    assert_eq!(error.item, "M.f");
    let condition = call(Function::Regex, vec![of_this("f"), text("(")]);
    let negated = expr(ExprKind::Not(Box::new(condition)));
    let error = Patterns::of(&schema(vec![], vec![must(negated)])).unwrap_err();
    assert_eq!(error.item, "M");
}

#[test]
fn rules_as_a_schema_writes_them() {
    let text = r#"
        model M {
          id      Int      @id
          mail    String?  @trim @lower @email("a text of one's own")
          late    String?  @email @trim
          name    String?  @length(2, 5) @regex("^[a-z]+$") @startsWith("a") @endsWith("z") @contains("b")
          site    String?  @url
          at      String?  @datetime
          day     String?  @date
          hour    String?  @time(0)
          phone   String?  @phone
          age     Int?     @gte(18) @lt(120)
          big     BigInt?  @gt(9007199254740992)
          price   Decimal? @lte(0.1)
          from    DateTime?
          till    DateTime?
          pass    String?
          again   String?

          @@validate(from < till, "ends before it begins", ["till"])
          @@validate(pass == again, "passwords differ")
          @@validate(age == null || (age != 99 && length(name) > 1))
        }
    "#;
    let name = "test.zmodel";
    let schema = load(&[Source { name, text }]).unwrap();
    for (data, said) in [
        (json!({}), vec![]),
        (
            json!({"mail": " A@B.CO ", "name": "abz", "site": "http://a", "age": 18, "price": "0.1"}),
            vec![],
        ),
        (
            json!({"mail": "x"}),
            vec!["Invalid email address at \"data.mail\""],
        ),
        (
            json!({"late": " a@b.co "}),
            vec!["Invalid email address at \"data.late\""],
        ),
        (
            json!({"name": "X"}),
            vec![
                "Too small: expected string to have >=2 characters at \"data.name\"",
                "Invalid string: must match pattern /^[a-z]+$/ at \"data.name\"",
                "Invalid string: must start with \"a\" at \"data.name\"",
                "Invalid string: must end with \"z\" at \"data.name\"",
                "Invalid string: must include \"b\" at \"data.name\"",
            ],
        ),
        (
            json!({"site": "x", "at": "x", "day": "x", "hour": "12:00", "phone": "x"}),
            vec![
                "Invalid URL at \"data.site\"",
                "Invalid ISO datetime at \"data.at\"",
                "Invalid ISO date at \"data.day\"",
                "Invalid ISO time at \"data.hour\"",
                "Invalid E.164 number at \"data.phone\"",
            ],
        ),
        (
            json!({"age": 17, "name": "abz"}),
            vec!["Too small: expected number to be >=18 at \"data.age\""],
        ),
        (
            json!({"age": 120, "name": "abz"}),
            vec!["Too big: expected number to be <120 at \"data.age\""],
        ),
        (
            json!({"big": "9007199254740992"}),
            vec!["Too small: expected number to be >9007199254740992 at \"data.big\""],
        ),
        (json!({"big": "9007199254740993"}), vec![]),
        (
            json!({"price": "0.10000000000000000001"}),
            vec!["Too big: expected number to be <=0.1 at \"data.price\""],
        ),
        (
            json!({"from": "2026-01-02T00:00:00Z", "till": "2026-01-01T00:00:00Z"}),
            vec!["Ends before it begins at \"data.till\""],
        ),
        (json!({"from": "2026-01-02T00:00:00Z"}), vec![]),
        (
            json!({"pass": "a", "again": "b"}),
            vec!["Passwords differ at \"data\""],
        ),
        (json!({"pass": "a"}), vec!["Passwords differ at \"data\""]),
        (json!({"age": 20}), vec!["Invalid input at \"data\""]),
    ] {
        assert_eq!(judge(&schema, &mut args(data.clone())), said, "{data}");
    }
}
