//! What rules become: whole schemas, and the expressions in them.

use hallpass_zmodel::schema::{
    Check, Effect, Expr, ExprKind, FieldRule, Operation, Policy, Scalar, Transform, Type, TypeBase,
};
use hallpass_zmodel::{Schema, Source, load_with_warnings};
use proptest::prelude::*;

use crate::schema;

/// A schema to write rules into: `RULES` stands in `Post`.
const BLOG: &str = r#"
enum Role { USER ADMIN }
enum State { DRAFT OPEN }
model User {
  id      Int      @id
  name    String?
  role    Role
  friends User[]   @relation("friends")
  posts   Post[]
  bossId  Int?
  boss    User?    @relation("boss", fields: [bossId], references: [id])
  staff   User[]   @relation("boss")
  ofId    Int?
  of      User?    @relation("friends", fields: [ofId], references: [id])
}
model Post {
  id       Int      @id
  title    String
  state    State
  open     Boolean
  price    Decimal?
  made     DateTime
  authorId Int
  author   User     @relation(fields: [authorId], references: [id])
  notes    Note[]
  RULES
}
model Note {
  id     Int    @id
  text   String
  postId Int
  post   Post   @relation(fields: [postId], references: [id])
}
"#;

fn blog(rules: &str) -> Schema {
    schema(&BLOG.replace("RULES", rules))
}

fn policies(rules: &str) -> Vec<Policy> {
    blog(rules).model("Post").unwrap().policies.clone()
}

fn condition(text: &str) -> Expr {
    let policies = policies(&format!("@@allow('read', {text})"));
    policies.into_iter().next().unwrap().condition
}

/// The policies as lines: effect, operations, condition.
fn lines(policies: &[Policy]) -> Vec<String> {
    let line = |policy: &Policy| {
        let operations = Operation::ALL
            .into_iter()
            .filter(|operation| policy.operations.contains(*operation));
        let operations: Vec<_> = operations.map(Operation::name).collect();
        format!(
            "{:?} {}: {}",
            policy.effect,
            operations.join(","),
            policy.condition
        )
    };
    policies.iter().map(line).collect()
}

#[test]
fn names_stand_for_what_the_language_says() {
    for (written, checked) in [
        ("open", "open"),
        ("this.open", "open"),
        ("state == OPEN", "state == State.OPEN"),
        ("state == State.OPEN", "state == State.OPEN"),
        ("'OPEN' == state", "State.OPEN == state"),
        (
            "state in ['OPEN', 'DRAFT']",
            "state in [State.OPEN, State.DRAFT]",
        ),
        // Text may be the name of a member.
        ("title == OPEN", "title == 'OPEN'"),
        ("title in [OPEN, DRAFT]", "title in ['OPEN', 'DRAFT']"),
        ("auth().name == state", "auth().name == state"),
        ("author.boss.name == null", "author.boss.name == null"),
        ("author == auth()", "author == auth()"),
        ("notes?[text == 'x']", "notes?[text == 'x']"),
        ("notes?[n, n.text == 'x']", "notes?[text == 'x']"),
        ("notes?[text == this.title]", "notes?[text == this.title]"),
        (
            "author.posts?[p, notes?[n, n.text == p.title && text == this.title]]",
            "author.posts?[row1, notes?[text == row1.title && text == this.title]]",
        ),
        // Those of all of them.
        (
            "author.posts.notes?[text == 'x']",
            "author.posts.notes?[text == 'x']",
        ),
        (
            "author.posts.author.staff^[p, p.posts.notes![text == p.name]]",
            "author.posts.author.staff^[row1, posts.notes![text == row1.name]]",
        ),
        (
            "auth().posts.author.staff![id == 1]",
            "auth().posts.author.staff![id == 1]",
        ),
        // An inner binding comes before an outer.
        (
            "auth().posts?[p, p.notes?[p, p.text == 'x']]",
            "auth().posts?[notes?[text == 'x']]",
        ),
        ("made > '2026-01-31'", "made > '2026-01-31T00:00:00Z'"),
        (
            "made > '2026-01-31T01:00:00+02:00'",
            "made > '2026-01-30T23:00:00Z'",
        ),
        ("price > +1.50", "price > 1.50"),
        (
            "contains(title, \"it's\\\\\")",
            r"contains(title, 'it\'s\\')",
        ),
        (
            "check(author) || check(author, 'read')",
            "check(author) || check(author, 'read')",
        ),
        (
            "currentModel('upper') == 'POST'",
            "currentModel('upper') == 'POST'",
        ),
    ] {
        assert_eq!(condition(written).to_string(), checked, "{written}");
    }
}

#[test]
fn operators_hold_as_strongly_as_the_language_says() {
    for (written, checked) in [
        ("open || open && !open", "(open || open) && !open"),
        ("open && open || !open", "(open && open) || !open"),
        ("open || (open && open)", "open || (open && open)"),
        ("open == id < 1", "open == id < 1"),
        ("(open == open) == true", "open == open == true"),
        ("open == (open == true)", "open == (open == true)"),
        ("id < 1 == open", "id < 1 == open"),
        ("id in [1] == true", "id in [1] == true"),
        ("!open == false", "!open == false"),
        ("!(open == false)", "!(open == false)"),
        ("!(author.posts?[open])", "!(author.posts?[open])"),
        ("author.posts?[open] == true", "author.posts?[open] == true"),
    ] {
        assert_eq!(condition(written).to_string(), checked, "{written}");
    }
}

#[test]
fn types_know_what_may_be_missing() {
    let side = |text: &str| match condition(text).kind {
        ExprKind::Compare(left, ..) => left.ty,
        other => panic!("{other:?}"),
    };
    let scalar = |scalar, optional| Type {
        base: TypeBase::Scalar(scalar),
        list: false,
        optional,
    };
    assert_eq!(side("title == 'x'"), scalar(Scalar::String, false));
    assert_eq!(side("price == 1"), scalar(Scalar::Decimal, true));
    assert_eq!(side("author.boss.id == 1"), scalar(Scalar::Int, true));
    // What the person has may be missing, whatever its type says.
    assert_eq!(side("auth().id == 1"), scalar(Scalar::Int, true));
    assert_eq!(side("auth().boss.id == 1"), scalar(Scalar::Int, true));
    assert_eq!(
        condition("auth().posts?[title == null]").ty,
        Type::scalar(Scalar::Boolean)
    );
    let state = side("state == OPEN");
    assert_eq!(state, Type::one(TypeBase::Enum("State".into())));
}

#[test]
fn a_policy_knows_what_it_is_about_and_where_it_stands() {
    let policies = policies(
        "@@allow('create, read', open)\n  @@deny('all', !open)\n  @@deny('post-update', true)",
    );
    assert_eq!(
        lines(&policies),
        [
            "Allow create,read: open",
            "Deny create,read,update,delete: !open",
            "Deny post-update: true"
        ]
    );
    let place = &policies[1].place;
    assert_eq!((place.source.as_str(), place.column), ("schema.zmodel", 3));
    assert_eq!(place.text, "@@deny('all', !open)");
    assert_eq!(place.line, policies[0].place.line + 1);
}

#[test]
fn fields_have_policies_of_their_own() {
    let schema = schema(
        "model User { id Int @id }\nmodel A {\n id Int @id\n a String @allow('read', auth().id == id) \
         @deny('all', id == 1) @allow('update', true, true)\n}",
    );
    let field = schema.model("A").unwrap().field("a").unwrap();
    assert_eq!(
        lines(&field.policies),
        [
            "Allow read: auth().id == id",
            "Deny read,update: id == 1",
            "Allow update: true"
        ]
    );
    let overrides: Vec<_> = field
        .policies
        .iter()
        .map(|policy| policy.overrides)
        .collect();
    assert_eq!(overrides, [false, false, true]);
}

#[test]
fn rules_with_future_are_judged_after_the_update() {
    // A rule that refuses is judged after the update alone.
    let refusing = policies("@@allow('all', open)\n@@deny('update', future().author != author)");
    assert_eq!(
        lines(&refusing),
        [
            "Allow create,read,update,delete: open",
            "Deny post-update: author != before().author"
        ]
    );
    // One that admits keeps what it says of the row as it was, and those without `future()` go on admitting.
    let admitting = policies(
        "@@allow('update', author == auth() && open && future().author == author)\n\
         @@allow('read,update', auth().role == ADMIN && notes?[text == this.title])\n\
         @@deny('update', !open)",
    );
    assert_eq!(
        lines(&admitting),
        [
            "Allow update: author == auth() && open",
            "Allow post-update: before().author == auth() && before().open && author == before().author",
            "Allow post-update: auth().role == Role.ADMIN && before().notes?[text == before().title]",
            "Allow read,update: auth().role == Role.ADMIN && notes?[text == this.title]",
            "Deny update: !open"
        ]
    );
    // Nothing is known before where `future()` may decide alone; what is asked of the operation is still about an update.
    let deciding = policies(
        "@@allow('update', open || future().open)\n\
         @@allow('update', future().open && currentOperation('upper') == 'UPDATE' && check(author))",
    );
    assert_eq!(
        lines(&deciding),
        [
            "Allow update: true",
            "Allow post-update: before().open || open",
            "Allow update: currentOperation('upper') == 'UPDATE' && check(author)",
            "Allow post-update: open && 'UPDATE' == 'UPDATE' && check(before().author, 'update')"
        ]
    );
}

#[test]
fn auth_is_the_marked_model_or_the_one_named_user() {
    for (text, expected) in [
        ("model User { id Int @id }", Some("User")),
        (
            "model User { id Int @id }\nmodel P { id Int @id @@auth }",
            Some("P"),
        ),
        ("model user { id Int @id }", None),
    ] {
        assert_eq!(schema(text).auth.as_deref(), expected, "{text}");
    }
}

#[test]
fn rules_of_fields_stand_in_the_order_of_the_source() {
    let schema = schema(
        r#"model A {
          id Int @id @gt(0) @gte(+1) @lt(10.5) @lte(-1, "too much")
          a String @email @trim @lower @upper @length(1) @length(max: 3) @length(2, 3, message: "m")
          b String @startsWith("a") @endsWith("b") @contains("c", "no c") @regex("^a\\d")
          c String? @url @datetime @date @time @time(3, "t") @phone
        }"#,
    );
    let field = |name: &str| {
        schema
            .model("A")
            .unwrap()
            .field(name)
            .unwrap()
            .rules
            .clone()
    };
    let check = |check| FieldRule::Check {
        check,
        message: None,
    };
    let saying = |check, text: &str| FieldRule::Check {
        check,
        message: Some(text.to_owned()),
    };
    assert_eq!(
        field("id"),
        [
            check(Check::Greater("0".into())),
            check(Check::GreaterOrEqual("1".into())),
            check(Check::Less("10.5".into())),
            saying(Check::LessOrEqual("-1".into()), "too much"),
        ]
    );
    let length = |min, max| Check::Length { min, max };
    assert_eq!(
        field("a"),
        [
            check(Check::Email),
            FieldRule::Transform(Transform::Trim),
            FieldRule::Transform(Transform::Lower),
            FieldRule::Transform(Transform::Upper),
            check(length(Some(1), None)),
            check(length(None, Some(3))),
            saying(length(Some(2), Some(3)), "m"),
        ]
    );
    assert_eq!(
        field("b"),
        [
            check(Check::StartsWith("a".into())),
            check(Check::EndsWith("b".into())),
            saying(Check::Contains("c".into()), "no c"),
            check(Check::Regex(r"^a\d".into())),
        ]
    );
    assert_eq!(
        field("c"),
        [
            check(Check::Url),
            check(Check::DateTime),
            check(Check::Date),
            check(Check::Time(None)),
            saying(Check::Time(Some(3)), "t"),
            check(Check::Phone),
        ]
    );
}

#[test]
fn a_rule_of_validation_has_message_path_and_place() {
    let schema = schema(
        "model A {\n id Int @id\n s String\n @@validate(s != null && length(s) > 3, 'too short', ['a', 's'])\n}",
    );
    let rule = &schema.model("A").unwrap().rules[0];
    assert_eq!(rule.condition.to_string(), "s != null && length(s) > 3");
    assert_eq!(rule.message.as_deref(), Some("too short"));
    assert_eq!(rule.path, ["a", "s"]);
    assert_eq!((rule.place.line, rule.place.column), (4, 2));
}

#[test]
fn a_check_is_kept_with_its_row() {
    let schema = blog("@@allow('read', author.posts?[check(author, 'update')])");
    let condition = &schema.model("Post").unwrap().policies[0].condition;
    let is_check = |expr: &Expr| match &expr.kind {
        ExprKind::Check {
            relation,
            operation,
        } => {
            *operation == Some(Operation::Update)
                && matches!(&relation.kind, ExprKind::Member(row, _) if row.kind == ExprKind::Element(0))
        }
        _ => false,
    };
    assert!(condition.any(&is_check));
    assert_eq!(
        schema.model("Post").unwrap().policies[0].effect,
        Effect::Allow
    );
}

#[test]
fn what_a_model_inherits_is_about_its_own_rows() {
    let schema = schema(
        r#"
        type Named { name String @length(1)  @@validate(name != 'x')  @@allow('read', currentModel() == name) }
        model User { id Int @id  as Asset[] }
        model Asset with Named {
          id      Int    @id
          kind    String
          ownerId Int
          owner   User   @relation(fields: [ownerId], references: [id]) 
          secret  String @deny('read', owner != auth())
          @@delegate(kind)
          @@allow('all', owner == auth() && this.name != '')
        }
        model Post extends Asset { title String  @@deny('read', title == name) }
        "#,
    );
    let post = schema.model("Post").unwrap();
    assert_eq!(
        lines(&post.policies),
        [
            "Allow read: currentModel() == name",
            "Allow create,read,update,delete: owner == auth() && name != ''",
            "Deny read: title == name"
        ]
    );
    let row =
        |expr: &Expr| expr.kind == ExprKind::This && expr.ty.base != TypeBase::Model("Post".into());
    assert!(
        !post
            .policies
            .iter()
            .any(|policy| policy.condition.any(&row))
    );
    assert_eq!(
        lines(&post.field("secret").unwrap().policies),
        ["Deny read: owner != auth()"]
    );
    assert_eq!(post.rules.len(), 1);
    for field in [
        post.field("name"),
        schema.type_def("Named").unwrap().field("name"),
    ] {
        assert_eq!(field.unwrap().rules.len(), 1);
    }
    assert_eq!(schema.type_def("Named").unwrap().rules.len(), 1);
}

/// Lists that people of a space share, with the rules of both generations of the language.
const SPACES: &str = r#"
enum Part { MEMBER OWNER }
model Space {
  id      String   @id @default(cuid())
  name    String   @length(4, 50) @trim
  slug    String   @unique @regex("^[0-9a-z-]{4,16}$")
  people  Person[]
  lists   List[]
  @@deny('all', auth() == null)
  @@allow('create', true)
  @@allow('read', people?[user == auth()])
  @@allow('update,delete', people?[user == auth() && part == OWNER])
}
model Person {
  id      String @id @default(cuid())
  part    Part   @default(MEMBER)
  spaceId String
  space   Space  @relation(fields: [spaceId], references: [id], onDelete: Cascade)
  userId  String
  user    User   @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@unique([userId, spaceId])
  @@allow('create,update,delete', space.people?[user == auth() && part == OWNER])
  @@allow('read', space.people?[user == auth()])
}
model User {
  id       String   @id @default(cuid())
  email    String   @unique @email
  password String?  @password @omit
  image    String?  @url
  spaces   Person[]
  lists    List[]
  items    Item[]
  @@allow('create', true)
  @@allow('read', spaces?[space.people?[user == auth()]])
  @@allow('all', auth() == this)
}
model List {
  id      String  @id @default(cuid())
  title   String  @length(1, 100)
  private Boolean @default(false)
  spaceId String
  space   Space   @relation(fields: [spaceId], references: [id], onDelete: Cascade)
  ownerId String  @default(auth().id)
  owner   User    @relation(fields: [ownerId], references: [id], onDelete: Cascade)
  items   Item[]
  @@allow('read', owner == auth() || (space.people?[user == auth()] && !private))
  @@allow('create', owner == auth() && space.people?[user == auth()])
  @@allow('update', owner == auth() && space.people?[user == auth()] && future().owner == owner)
  @@allow('delete', owner == auth())
}
model Item {
  id      String    @id @default(cuid())
  title   String    @length(1, 100)
  done    DateTime?
  ownerId String
  owner   User      @relation(fields: [ownerId], references: [id], onDelete: Cascade)
  listId  String
  list    List      @relation(fields: [listId], references: [id], onDelete: Cascade)
  @@allow('all', list.owner == auth())
  @@allow('all', list.space.people?[user == auth()] && !list.private)
  @@deny('update', future().owner != owner)
}
"#;

#[test]
fn a_schema_as_people_write_them_loads_without_warnings() {
    let source = Source {
        name: "schema.zmodel",
        text: SPACES,
    };
    let loaded = load_with_warnings(&[source]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(loaded.warnings, []);
    let rules = |model: &str| lines(&loaded.schema.model(model).unwrap().policies);
    assert_eq!(
        rules("List"),
        [
            "Allow read: owner == auth() || (space.people?[user == auth()] && !private)",
            "Allow create: owner == auth() && space.people?[user == auth()]",
            "Allow update: owner == auth() && space.people?[user == auth()]",
            "Allow post-update: before().owner == auth() && before().space.people?[user == auth()] && \
             owner == before().owner",
            "Allow delete: owner == auth()",
        ]
    );
    assert_eq!(
        rules("Item"),
        [
            "Allow create,read,update,delete: list.owner == auth()",
            "Allow create,read,update,delete: list.space.people?[user == auth()] && !list.private",
            "Deny post-update: owner != before().owner",
        ]
    );
    assert_eq!(
        rules("User"),
        [
            "Allow create: true",
            "Allow read: spaces?[space.people?[user == auth()]]",
            "Allow create,read,update,delete: auth() == this",
        ]
    );
}

/// Conditions of any shape, as text.
fn any_condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("open".to_owned()),
        Just("this.open".to_owned()),
        Just("true".to_owned()),
        Just("state == OPEN".to_owned()),
        Just("title == \"it's \\\\ \\n\"".to_owned()),
        Just("price > -1.5".to_owned()),
        Just("made <= now()".to_owned()),
        Just("author == auth()".to_owned()),
        Just("auth().name == null".to_owned()),
        Just("id in [1, 2]".to_owned()),
        Just("contains(title, 'x', true)".to_owned()),
        Just("currentOperation() != currentModel('lower')".to_owned()),
        Just("author.posts?[open]".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("author.posts?[{a}]")),
            inner
                .clone()
                .prop_map(|a| format!("this.author.posts![p, {a} && p.open]")),
            inner.prop_map(|a| format!("auth().posts^[q, author.posts?[q.open == ({a})]]")),
        ]
    })
}

proptest! {
    #[test]
    fn a_checked_condition_reads_as_itself(written in any_condition()) {
        let checked = condition(&written);
        let shown = checked.to_string();
        prop_assert_eq!(condition(&shown).to_string(), shown);
    }
}
