//! Text that no one would write, and text that someone who means harm would.

use hallpass_zmodel::schema::{
    Expr, ExprKind, Field, FieldKind, Model, ModelKind, Relation, Scalar, TypeBase,
};
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
        assert!(field.has_column(), "{name}");
    };
    let may_lack_identity = model.kind == ModelKind::View || model.ignored;
    assert!(!model.id.is_empty() || may_lack_identity, "{}", model.name);
    assert_eq!(model.id.len(), model.id_parts.len());
    model.id.iter().for_each(is_column);
    for unique in &model.uniques {
        assert_eq!(unique.fields.len(), unique.parts.len());
        unique.fields.iter().for_each(is_column);
    }
    for index in &model.indexes {
        assert_eq!(index.fields.len(), index.parts.len());
        index.fields.iter().for_each(is_column);
    }
    for base in schema.lineage(model).skip(1) {
        assert!(base.discriminator.is_some(), "{}", base.name);
        assert_eq!(base.id, model.id);
    }
    for field in &model.fields {
        match &field.kind {
            FieldKind::Enum(name) => assert!(schema.enumeration(name).is_some(), "{name}"),
            FieldKind::Typed(name) => assert!(schema.type_def(name).is_some(), "{name}"),
            FieldKind::Relation(relation) => relation_holds(schema, model, field, relation),
            FieldKind::Scalar(_) | FieldKind::Unsupported(_) => {}
        }
        if let Some(origin) = &field.origin {
            let declared = schema.model(origin).unwrap().field(&field.name).unwrap();
            assert_eq!((&declared.origin, &declared.kind), (&None, &field.kind));
        }
    }
}

fn relation_holds(schema: &Schema, model: &Model, field: &Field, relation: &Relation) {
    let own = field.origin.as_ref().unwrap_or(&model.name);
    let other = schema.model(&relation.model).unwrap();
    let opposite = other.field(&relation.opposite).unwrap().relation().unwrap();
    assert_eq!((&opposite.model, &opposite.opposite), (own, &field.name));
    match (&relation.join, &opposite.join) {
        (Some(join), Some(other)) => {
            assert_eq!((&join.table, join.own), (&other.table, other.own.other()));
            let tables = &schema.join_tables;
            assert_eq!(
                tables
                    .iter()
                    .filter(|table| table.table == join.table)
                    .count(),
                1
            );
            assert!(relation.fields.is_empty() && opposite.fields.is_empty());
        }
        (None, None) => assert_ne!(relation.fields.is_empty(), opposite.fields.is_empty()),
        _ => panic!("{}.{} has a table on one side only", model.name, field.name),
    }
    let is_column = |model: &Model, name: &String| model.field(name).unwrap().has_column();
    assert!(relation.fields.iter().all(|name| is_column(model, name)));
    assert!(
        relation
            .references
            .iter()
            .all(|name| is_column(other, name))
    );
}

/// Pieces of the language, to put together in any order.
const PIECES: [&str; 74] = [
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
    "with ",
    "abstract ",
    "import ",
    "plugin ",
    "function ",
    "attribute ",
    "procedure ",
    "mutation ",
    "_ ",
    "@json ",
    "@@delegate ",
    "@@@once ",
    "Unsupported ",
    "; ",
];

/// The middle of a rule, to write conditions into.
const RULE: &str = "model User { id Int @id  a Boolean  u Int?  n User? @relation('x', fields: [u], references: [id])  l User[] @relation('x')  @@allow('read', #) }";

/// Pieces of conditions, to put together in any order.
const CONDITIONS: [&str; 28] = [
    "a ", "n ", "l ", "u ", "id ", "this", "auth()", ".", "(", ")", "[", "]", "!", "?[", "![",
    "^[", "&& ", "|| ", "== ", "!= ", "< ", "in ", "null ", "true ", "1 ", "'x' ", "check(", ", ",
];

/// Everything that inherits, joins or is a document.
const FAMILIES: &str = r#"
import "other"
type Timed {
  createdAt DateTime @default(now())
  @@index([createdAt(sort: Desc)])
  @@allow('read', createdAt < now())
}
type Address with Timed { street String tags String[] city City? }
type City { name String @length(1, 20) }
abstract model Owned { ownerId Int owner User @relation(fields: [ownerId], references: [id]) }
enum Kind { Post Link }
model Content extends Owned with Timed {
  id   Int  @id @default(autoincrement())
  kind Kind
  tags Tag[]
  @@delegate(kind)
  @@deny('post-update', kind != before().kind)
}
model Post extends Content { body String home City? @json links Link[] }
model Link extends Content {
  postId Int?
  post   Post? @relation(fields: [postId], references: [id])
  url    String @url
  sort   String @default("x")
  @@delegate(sort)
  @@delegateMap("Link")
}
model Deep extends Link { depth Int @computed }
model Tag { name String @id contents Content[] fans User[] @relation("fans") }
model User {
  id       Int       @id
  contents Content[]
  fanOf    Tag[]     @relation("fans")
  follows  User[]    @relation("f")
  followed User[]    @relation("f")
  olds     Old[]     @ignore
  total    Total?
}
model Old { userId Int user User @relation(fields: [userId], references: [id]) @@ignore }
view Total { userId Int @unique user User @relation(fields: [userId], references: [id]) }
attribute @mine(_ a: String) @@@once
function f(a: Int): Boolean { a > 1 }
mutation procedure p(a: City): User[]
plugin x { provider = 'y' options = { a: [1, 'b'] } }
"#;

#[test]
fn the_families_are_sound() {
    let sound = FAMILIES.replace("import \"other\"", "");
    crate::schema(&sound);
    survives(&sound);
}

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
    fn a_schema_of_delegates_with_a_hole_or_a_patch_is_survived(
        start in 0_usize..3000,
        length in 0_usize..40,
        patch in 0..PIECES.len(),
    ) {
        let characters: Vec<char> = FAMILIES.chars().collect();
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
fn rules_that_many_models_inherit_are_bounded() {
    let rule = "@@allow('read', n == 1".to_owned() + &" || n == 1".repeat(2000) + ")";
    let models: String = (0..300)
        .map(|index| format!("model M{index} with T {{ id Int @id }}\n"))
        .collect();
    let mistakes = load_text(&format!("type T {{ n Int {rule} }}\n{models}")).unwrap_err();
    let said: Vec<_> = mistakes.iter().map(|item| item.message.as_str()).collect();
    assert_eq!(
        said,
        ["the rules of the schema grow too large with this one"]
    );
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
fn declarations_as_long_as_the_limit_are_read_to_their_end() {
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
        (id, "f# A[] @relation('r#')", "}"),
        (id, "f# DateTime @updatedAt(ignore: [id])", "}"),
        (id, "@@unique([id], name: 'k#')", "}"),
        ("model B { id Int @id", "x# Int @meta('a', { b: [1] })", "}"),
        ("attribute @x(", "a#: Int,", ")"),
        (
            "attribute @x() ",
            "@@@once ",
            "model A { id Int @id @x @x }",
        ),
        ("attribute @x()\nmodel A { id Int @id", "@x", "}"),
        ("", "import 'f#'", ""),
        (
            "datasource db { provider = 'postgresql' schemas = [",
            "'s#',",
            "] }",
        ),
        ("plugin p { a = {", "b#: 1,", "} }"),
    ] {
        read_to_its_end(before, line, after);
    }
}

#[test]
fn families_as_long_as_the_limit_are_read_to_their_end() {
    for (before, line, after) in [
        ("", "type T# with T", ""),
        (
            "type T { a Int @@index([a]) }",
            "model M# with T { id Int @id }",
            "",
        ),
        (
            "",
            "type T# { f# Int }",
            "model M with T1 T2 { id Int @id }",
        ),
        (
            "model D { id Int @id t String @@delegate(t) }",
            "model M# extends D { x Int }",
            "",
        ),
        (
            "enum K { A } model D { id Int @id k K @@delegate(k) }",
            "enum E# { a } model M# { id Int @id l M#[] @relation('l#') m M#[] @relation('l#') }",
            "",
        ),
    ] {
        read_to_its_end(before, line, after);
    }
}

#[test]
fn rules_as_long_as_the_limit_are_read_to_their_end() {
    let id = "model A { id Int @id";
    for (before, line, after) in [
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
        read_to_its_end(before, line, after);
    }
}

fn read_to_its_end(before: &str, line: &str, after: &str) {
    let numbers = line.matches('#').count().max(1);
    let count = (MAX_BYTES - 100) / (line.len() + 8 * numbers);
    let lines = (0..count).map(|index| line.replace('#', &index.to_string()) + "\n");
    let text = format!("{before}\n{}{after}", lines.collect::<String>());
    let shown = load_text(&text).map_err(|mistakes| mistakes.to_string());
    assert!(
        shown.is_ok() || shown.is_err_and(|report| !report.is_empty()),
        "{line}"
    );
}

/// Each step doubles what is inherited; the last model would have more fields than fit into memory.
#[test]
fn what_is_inherited_is_bounded() {
    let wide: String = (0..400)
        .map(|index| format!("f{index} String @length(1, 2)\n"))
        .collect();
    let heirs: String = (0..20_000)
        .map(|index| format!("model M{index} with W {{ id Int @id }}\n"))
        .collect();
    let text = format!("type W {{ {wide} }}\n{heirs}");
    let mistakes = load_text(&text).unwrap_err();
    let found = mistakes.iter().next().unwrap();
    assert_eq!(
        found.message,
        "the models of this schema inherit too much text together"
    );

    let delegates: String = (0..200)
        .map(|index| {
            format!(
                "model D{} extends D{index} {{ t{index} String @@delegate(t{index}) }}\n",
                index + 1
            )
        })
        .collect();
    let text = format!("model D0 {{ id Int @id t String @@delegate(t) }}\n{delegates}");
    let mistakes = load_text(&text).unwrap_err();
    assert!(
        mistakes
            .iter()
            .any(|item| item.message == "this inherits over more than 32 steps"),
        "{mistakes}"
    );

    let mixins: String = (0..5000)
        .map(|index| format!("type T{} with T{index} {{ x{index} Int }}\n", index + 1))
        .collect();
    let mistakes = load_text(&format!("type T0 {{ x Int }}\n{mixins}")).unwrap_err();
    assert!(
        mistakes
            .iter()
            .any(|item| item.message == "this inherits over more than 32 steps"),
        "{mistakes}"
    );
}

#[test]
fn documents_that_hold_each_other_load() {
    let schema =
        crate::schema("type A { b B? list A[] } type B { a A? } model M { id Int @id a A @json }");
    assert_eq!(schema.types.len(), 2);
}
