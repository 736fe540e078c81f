//! Text that no one would write, and text that someone who means harm would.

use hallpass_zmodel::schema::{Expr, ExprKind, Model, Scalar, TypeBase};
use hallpass_zmodel::{MAX_BYTES, Schema};
use proptest::prelude::*;

use crate::{load_text, schemas};

/// Loads and shows whatever comes of it; a schema that loads holds together.
fn survives(text: &str) {
    match load_text(text) {
        Ok(schema) => schema
            .models
            .iter()
            .for_each(|model| holds_together(&schema, model)),
        Err(mistakes) => {
            assert!(mistakes.iter().count() > 0);
            assert!(!mistakes.to_string().is_empty());
        }
    }
}

/// A condition is true or false, is not too high to be walked, and looks at no element that is not there.
fn is_condition(expr: &Expr) {
    assert_eq!(expr.ty.base, TypeBase::Scalar(Scalar::Boolean), "{expr}");
    assert!(!expr.ty.list, "{expr}");
    assert!(height(expr, 0) <= 64, "{expr}");
}

fn height(expr: &Expr, elements: usize) -> usize {
    if let ExprKind::Element(outward) = expr.kind {
        assert!(outward < elements, "{expr}");
    }
    let inside = match &expr.kind {
        ExprKind::Predicate {
            collection,
            condition,
            ..
        } => height(collection, elements).max(height(condition, elements + 1)),
        _ => {
            let children = expr.children().into_iter();
            children
                .map(|child| height(child, elements))
                .max()
                .unwrap_or(0)
        }
    };
    inside + 1
}

fn holds_together(schema: &Schema, model: &Model) {
    let of_fields = model.fields.iter().flat_map(|field| &field.policies);
    let policies = model.policies.iter().chain(of_fields);
    policies.for_each(|policy| is_condition(&policy.condition));
    model
        .rules
        .iter()
        .for_each(|rule| is_condition(&rule.condition));
    let is_column = |name: &String| {
        let field = model.field(name).unwrap();
        assert!(field.relation().is_none(), "{name}");
    };
    assert!(!model.id.is_empty(), "{}", model.name);
    model.id.iter().for_each(is_column);
    model
        .uniques
        .iter()
        .flat_map(|unique| &unique.fields)
        .for_each(is_column);
    model
        .indexes
        .iter()
        .flat_map(|index| &index.fields)
        .for_each(is_column);
    for (name, relation) in model
        .fields
        .iter()
        .filter_map(|field| Some((&field.name, field.relation()?)))
    {
        let other = schema.model(&relation.model).unwrap();
        let opposite = other.field(&relation.opposite).unwrap().relation().unwrap();
        assert_eq!((&opposite.model, &opposite.opposite), (&model.name, name));
        assert_ne!(relation.fields.is_empty(), opposite.fields.is_empty());
        relation.fields.iter().for_each(is_column);
        assert!(
            relation
                .references
                .iter()
                .all(|name| other.field(name).is_some())
        );
    }
}

/// Pieces of the language, to put together in any order.
const PIECES: [&str; 60] = [
    "model ",
    "enum ",
    "datasource ",
    "generator ",
    "type ",
    "view ",
    "A ",
    "B ",
    "String ",
    "Int ",
    "id ",
    "{ ",
    "} ",
    "( ",
    ") ",
    "[ ",
    "] ",
    ", ",
    ": ",
    "= ",
    "? ",
    "\n",
    "@id ",
    "@unique ",
    "@relation ",
    "@default ",
    "@map ",
    "@@id ",
    "@@unique ",
    "@@index ",
    "@@map ",
    "@db.Text ",
    "@@allow ",
    "fields ",
    "references ",
    "\"x\" ",
    "'",
    "1 ",
    "/// doc\n",
    "extends ",
    "@@allow('all', ",
    "@@deny('update', ",
    "@@validate(",
    "@deny('read', true) ",
    "@regex('",
    "auth() ",
    "this ",
    "future() ",
    "check(",
    "a ",
    ". ",
    "== ",
    "&& ",
    "|| ",
    "! ",
    "?[ ",
    "^[ ",
    "in ",
    "null ",
    "true ",
];

/// The middle of a rule, to write conditions into.
const RULE: &str = "model User { id Int @id  a Boolean  u Int?  n User? @relation('x', fields: [u], references: [id])  l User[] @relation('x')  @@allow('read', #) }";

/// Pieces of conditions, to put together in any order.
const CONDITIONS: [&str; 28] = [
    "a ", "n ", "l ", "u ", "id ", "this", "auth()", ".", "(", ")", "[", "]", "!", "?[", "![",
    "^[", "&& ", "|| ", "== ", "!= ", "< ", "in ", "null ", "true ", "1 ", "'x' ", "check(", ", ",
];

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn any_order_of_pieces_is_survived(picks in proptest::collection::vec(0..PIECES.len(), 0..80)) {
        survives(&picks.into_iter().map(|pick| PIECES[pick]).collect::<String>());
    }

    #[test]
    fn any_order_of_conditions_is_survived(picks in proptest::collection::vec(0..CONDITIONS.len(), 0..60)) {
        let condition: String = picks.into_iter().map(|pick| CONDITIONS[pick]).collect();
        survives(&RULE.replace('#', &condition));
    }

    #[test]
    fn a_sound_schema_with_a_hole_or_a_patch_is_survived(
        start in 0_usize..2000,
        length in 0_usize..40,
        patch in 0..PIECES.len(),
    ) {
        let characters: Vec<char> = schemas::PRISMA.chars().collect();
        let start = start.min(characters.len());
        let end = (start + length).min(characters.len());
        let before: String = characters[..start].iter().collect();
        let after: String = characters[end..].iter().collect();
        survives(&format!("{before}{after}"));
        survives(&format!("{before}{}{after}", PIECES[patch]));
    }

    #[test]
    fn a_line_left_out_never_hides_the_rest(line in 0_usize..60) {
        let kept: Vec<&str> = schemas::PRISMA.lines().enumerate().filter(|(index, _)| *index != line).map(|(_, line)| line).collect();
        survives(&kept.join("\n"));
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    for open in ["[", "f("] {
        let text = format!("model A {{ id Int @id @default({}", open.repeat(100_000));
        let mistakes = load_text(&text).unwrap_err();
        assert!(
            mistakes
                .iter()
                .any(|item| item.message == "nested deeper than 64 levels"),
            "{open}"
        );
    }
    survives(&"{".repeat(100_000));
    survives(&format!(
        "model A {{ id Int @id @@allow({}",
        "(".repeat(100_000)
    ));
}

#[test]
fn conditions_that_are_too_high_are_refused_and_do_not_exhaust_the_stack() {
    for (before, piece, after) in [
        ("", "(", "a"),
        ("", "!", "a"),
        ("", "!(", "a"),
        ("", "l?[", "a"),
        ("", "l?[m, ", "a"),
        ("", "check(", "n"),
        ("", "[", "1"),
        ("", "{ a: ", "1"),
        ("n", ".n", ".a"),
        ("a", " == a", ""),
        ("1", " < 1", ""),
        ("1", " in 1", ""),
        ("l", "?[a]", ""),
        ("a", " && a || a", ""),
        ("a", " && (a", ""),
        ("a", " && a && a && a || a || a || a", ""),
    ] {
        let condition = format!("{before}{}{after}", piece.repeat(20_000));
        let mistakes = load_text(&RULE.replace('#', &condition)).unwrap_err();
        assert!(
            mistakes
                .iter()
                .any(|item| item.message == "nested deeper than 64 levels"),
            "{piece}: {mistakes}"
        );
        for count in 1..70 {
            survives(&RULE.replace('#', &format!("{before}{}{after}", piece.repeat(count))));
        }
    }
}

#[test]
fn conditions_may_be_wide() {
    for (first, piece) in [
        ("a", " && a"),
        ("a", " || !a"),
        ("id in [1", ", 1"),
        ("a && (id in [", "1, "),
    ] {
        let closed = match first {
            "id in [1" => "]",
            "a && (id in [" => "])",
            _ => "",
        };
        let condition = format!("{first}{}{closed}", piece.repeat(20_000));
        let schema = load_text(&RULE.replace('#', &condition)).unwrap();
        holds_together(&schema, &schema.models[0]);
    }
}

#[test]
fn sources_beyond_the_limit_are_refused() {
    let mistakes = load_text(&" ".repeat(MAX_BYTES + 1)).unwrap_err();
    assert_eq!(
        mistakes.iter().next().unwrap().message,
        "the schema is longer than 1048576 bytes"
    );
    assert!(load_text(&" ".repeat(MAX_BYTES)).is_ok());
}

#[test]
fn a_flood_of_mistakes_stops_early() {
    for line in [
        "#\n",
        "model A { x Strng }\n",
        "enum E { a a a }\n",
        "@@\n",
        "'\n",
        "model A { id Int @id @default(x y) }\n",
    ] {
        let text = line.repeat(MAX_BYTES / line.len());
        let mistakes = load_text(&text).unwrap_err();
        assert_eq!(mistakes.iter().count(), 100, "{line}");
    }
}

/// One quadratic pass over any of these takes minutes, which the time limit of the test runner ends.
#[test]
fn text_as_long_as_the_limit_is_read_to_its_end() {
    let id = "model A { id Int @id";
    for (before, line, after) in [
        (id, "f# String? @unique", "}"),
        ("model A {", "f# String? @unique", "}"),
        (id, "@@index([id])", "}"),
        ("model A { id Int @id @@index([", "f#,", "]) }"),
        (
            id,
            "f# A? @relation('r#', fields: [id], references: [id])",
            "}",
        ),
        ("model A { id Int @id b A @map(", "'f#',", ") }"),
        (id, "f# F# @default([(", ""),
        ("", "model M# { id Int @id\n m M# }", ""),
        ("", "view V# {", ""),
        (id, "@@allow('read', id == #)", "}"),
        (id, "@@allow('read', nobody#)", "}"),
        (id, "@@allow('read', true || nobody#", ")}"),
        (
            "model A { id Int @id a Boolean @@allow('read', a",
            "|| a && a",
            ") }",
        ),
        (
            "model A { id Int @id a Boolean @@allow('read', a",
            "|| a",
            ") }",
        ),
        (
            "model A { id Int @id @@allow('read', id in [0",
            ", #",
            "]) }",
        ),
        ("model A { id Int @id @@allow('", "read,", "read', true) }"),
        (
            "model A { id Int @id n Int? l A[] @relation('x') a A? @relation('x', fields: [n], references: [id])",
            "@@allow('update', future().id == # && l?[id == 1])",
            "}",
        ),
        (
            "model A { id Int @id n Int? l A[] @relation('x') a A? @relation('x', fields: [n], references: [id])",
            "@@allow('read', check(a))",
            "}",
        ),
        (
            "",
            "model M# { id Int @id n Int? @unique m M#? @relation('x', fields: [n], references: [id]) o M#? @relation('x') @@allow('read', check(m)) }",
            "",
        ),
        (
            "model A { id Int @id",
            "f# String? @regex('\\\\w{#}') @deny('read', id == 1)",
            "}",
        ),
        ("model A { id Int @id", "f# String? @regex('(')", "}"),
    ] {
        let count = (MAX_BYTES - 100) / (line.len() + 8);
        let lines = (0..count).map(|index| line.replace('#', &index.to_string()) + "\n");
        let text = format!("{before}\n{}{after}", lines.collect::<String>());
        let shown = load_text(&text).map_err(|mistakes| mistakes.to_string());
        assert!(
            shown.is_ok() || shown.is_err_and(|report| !report.is_empty()),
            "{line}"
        );
    }
}
