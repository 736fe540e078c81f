//! What becomes of mixins, abstract models, delegates, lists on both sides, and what stands beside models.

use hallpass_zmodel::schema::{
    Arity, DefaultValue, Effect, FieldKind, IndexMethod, Join, JoinColumn, KeyPart, Meta,
    MetaValue, ModelKind, OperatorClass, Password, SortOrder, ValueKind,
};

use crate::schema;

fn names(fields: &[hallpass_zmodel::schema::Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

#[test]
fn members_of_mixins_and_abstract_models_are_those_of_the_model() {
    let schema = schema(
        "type Timed { /// When it was made.
           createdAt DateTime @default(now()) @@index([createdAt]) }
         type Titled with Timed { title String @map('heading') @@unique([title], name: 'byTitle') }
         abstract model Base { id Int @id @@allow('read', auth() == null) }
         model User { id Int @id }
         model Post extends Base with Titled {
           /// Whoever wrote it.
           @@allow('delete', title == 'x') }",
    );
    let post = schema.model("Post").unwrap();
    assert_eq!(names(&post.fields), ["id", "createdAt", "title"]);
    let field = |name| post.field(name).unwrap();
    assert_eq!(field("createdAt").doc.as_deref(), Some("When it was made."));
    assert_eq!(field("createdAt").default, Some(DefaultValue::Now));
    assert_eq!(
        (&*field("title").column, &field("title").origin),
        ("heading", &None)
    );
    assert_eq!((&post.id, &post.base), (&vec!["id".to_owned()], &None));
    assert_eq!(post.uniques[0].name.as_deref(), Some("byTitle"));
    assert_eq!(post.indexes[0].fields, ["createdAt"]);
    assert_eq!(post.policies.len(), 2);
    assert!(
        post.policies
            .iter()
            .all(|policy| policy.effect == Effect::Allow)
    );
    let docs: Vec<_> = post
        .policies
        .iter()
        .map(|policy| policy.doc.as_deref())
        .collect();
    assert_eq!(docs, [None, Some("Whoever wrote it.")]);
    // Abstract models have no rows, and types none of their own.
    assert_eq!(schema.models.len(), 2);
    assert_eq!(
        names(&schema.type_def("Titled").unwrap().fields),
        ["createdAt", "title"]
    );
}

const DELEGATES: &str = "
    model Content {
      id       Int    @id @default(autoincrement())
      name     String @unique
      type     String
      ownerId  Int
      owner    User   @relation(fields: [ownerId], references: [id])
      secret   String @deny('read', true)
      @@map('contents')
      @@index([type])
      @@schema('base')
      @@allow('all', owner == auth())
      @@delegate(type)
    }
    model Post extends Content {
      kind  PostKind
      body  String
      @@delegate(kind)
      @@delegateMap('post')
      @@deny('update', body == '')
    }
    enum PostKind { Story Poll @@schema('base') }
    model Story extends Post { words Int reviews Review[] @@schema('more') }
    model Poll extends Post { options Json }
    model Review { id Int @id storyId Int story Story @relation(fields: [storyId], references: [id]) @@schema('base') }
    model User { id Int @id contents Content[] @@schema('base') }
    datasource db { provider = 'postgresql' schemas = ['base', 'more'] }";

#[test]
fn models_that_extend_a_delegate_have_its_fields_with_where_they_are_kept() {
    let schema = schema(DELEGATES);
    let story = schema.model("Story").unwrap();
    let kept: Vec<_> = story
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.origin.as_deref()))
        .collect();
    assert_eq!(
        kept,
        [
            ("id", Some("Content")),
            ("name", Some("Content")),
            ("type", Some("Content")),
            ("ownerId", Some("Content")),
            ("owner", Some("Content")),
            ("secret", Some("Content")),
            ("kind", Some("Post")),
            ("body", Some("Post")),
            ("words", None),
            ("reviews", None),
        ]
    );
    assert_eq!(
        (story.base.as_deref(), &*story.table),
        (Some("Post"), "Story")
    );
    assert_eq!(
        (&*story.discriminator_value, &story.discriminator),
        ("Story", &None)
    );
    assert_eq!(
        (&story.id, story.has_primary_key),
        (&vec!["id".to_owned()], true)
    );
    assert!(story.uniques.is_empty() && story.indexes.is_empty());

    let post = schema.model("Post").unwrap();
    assert_eq!(post.discriminator.as_deref(), Some("kind"));
    assert_eq!(post.discriminator_value, "post");
    let lineage: Vec<_> = schema
        .lineage(story)
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(lineage, ["Story", "Post", "Content"]);
    let unique: Vec<_> = schema
        .uniques(story)
        .map(|unique| unique.fields.clone())
        .collect();
    assert_eq!(unique, [["name"]]);
}

#[test]
fn relations_of_a_delegate_are_those_of_its_models_without_an_opposite_of_their_own() {
    let schema = schema(DELEGATES);
    let own = schema.model("Content").unwrap().field("owner").unwrap();
    for model in ["Post", "Story", "Poll"] {
        let inherited = schema.model(model).unwrap().field("owner").unwrap();
        assert_eq!(inherited.kind, own.kind, "{model}");
        assert_eq!(inherited.relation().unwrap().opposite, "contents");
    }
    let contents = schema.model("User").unwrap().field("contents").unwrap();
    assert_eq!(contents.relation().unwrap().model, "Content");
    let review = schema.model("Review").unwrap().field("story").unwrap();
    assert_eq!(review.relation().unwrap().references, ["id"]);
}

#[test]
fn rules_of_a_delegate_hold_for_its_models_and_its_schema_unless_they_have_another() {
    let schema = schema(DELEGATES);
    let count = |name| schema.model(name).unwrap().policies.len();
    assert_eq!([count("Content"), count("Post"), count("Story")], [1, 2, 2]);
    let secret = schema.model("Poll").unwrap().field("secret").unwrap();
    assert_eq!(secret.policies.len(), 1);
    let placed = |name| schema.model(name).unwrap().database_schema.as_deref();
    assert_eq!([placed("Post"), placed("Poll")], [Some("base"); 2]);
    assert_eq!(placed("Story"), Some("more"));
}

#[test]
fn lists_on_both_sides_share_a_table() {
    let schema = schema(
        "model Tag { name String @id posts Post[] @@map('tags') }
         model Post { id Int @id tags Tag[] likers User[] @relation('Likes') }
         model User { id Int @id likes Post[] @relation('Likes')
           following User[] @relation('Follows') followers User[] @relation('Follows') }",
    );
    let tables: Vec<_> = schema
        .join_tables
        .iter()
        .map(|table| {
            let side = |side: &hallpass_zmodel::schema::JoinSide| {
                format!("{}.{} by {}", side.model, side.field, side.id)
            };
            (table.table.as_str(), side(&table.a), side(&table.b))
        })
        .collect();
    assert_eq!(
        tables,
        [
            (
                "_PostToTag",
                "Post.tags by id".to_owned(),
                "Tag.posts by name".to_owned()
            ),
            (
                "_Likes",
                "Post.likers by id".to_owned(),
                "User.likes by id".to_owned()
            ),
            (
                "_Follows",
                "User.followers by id".to_owned(),
                "User.following by id".to_owned()
            ),
        ]
    );
    let join = |model: &str, field: &str| {
        let relation = schema.model(model).unwrap().field(field).unwrap();
        let relation = relation.relation().unwrap();
        assert!(relation.fields.is_empty());
        relation.join.clone().unwrap()
    };
    let of = |table: &str, own| Join {
        table: table.into(),
        own,
    };
    assert_eq!(join("Tag", "posts"), of("_PostToTag", JoinColumn::B));
    assert_eq!(join("Post", "tags"), of("_PostToTag", JoinColumn::A));
    assert_eq!(join("User", "followers"), of("_Follows", JoinColumn::A));
    assert_eq!(join("User", "following"), of("_Follows", JoinColumn::B));
    assert_eq!(
        (JoinColumn::A.name(), JoinColumn::A.other().name()),
        ("A", "B")
    );
}

#[test]
fn views_and_ignored_things_are_marked() {
    let schema = schema(
        "/// Sums.
         view Totals { userId Int @unique sum Float @@map('totals') }
         view Plain { x Int }
         model User { id Int @id secret String? @ignore olds Old[] @ignore }
         model Old { userId Int user User @relation(fields: [userId], references: [id]) @@ignore }",
    );
    let totals = schema.model("Totals").unwrap();
    assert_eq!((totals.kind, &*totals.table), (ModelKind::View, "totals"));
    assert_eq!(
        (&totals.id, totals.has_primary_key),
        (&vec!["userId".to_owned()], false)
    );
    assert_eq!(totals.doc.as_deref(), Some("Sums."));
    assert!(schema.model("Plain").unwrap().id.is_empty());
    assert!(schema.model("Old").unwrap().ignored);
    assert!(
        schema
            .model("User")
            .unwrap()
            .field("secret")
            .unwrap()
            .ignored
    );
}

#[test]
fn documents_lists_and_computed_fields_are_what_they_say() {
    let schema = schema(
        r#"datasource db { provider = 'postgresql' }
         enum Role { USER ADMIN }
         type Address { street String city City? tags String[] }
         type City { name String @@meta('a', 1) }
         model A {
           id     Int       @id
           home   Address?  @json
           others Address[] @json @default("[]")
           roles  Role[]    @default([USER])
           tags   String[]
           full   String    @computed
           area   Unsupported("polygon")?
         }"#,
    );
    let model = schema.model("A").unwrap();
    let field = |name| model.field(name).unwrap();
    assert_eq!(field("home").kind, FieldKind::Typed("Address".into()));
    assert_eq!(
        (field("others").arity, field("tags").arity),
        (Arity::List, Arity::List)
    );
    assert_eq!(field("area").kind, FieldKind::Unsupported("polygon".into()));
    let columns: Vec<_> = model
        .fields
        .iter()
        .filter(|field| field.has_column())
        .collect();
    assert_eq!(columns.len(), model.fields.len() - 1);
    let address = schema.type_def("Address").unwrap();
    assert_eq!(
        address.field("city").unwrap().kind,
        FieldKind::Typed("City".into())
    );
    assert_eq!(schema.type_def("City").unwrap().meta.len(), 1);
}

#[test]
fn attributes_say_what_they_mean() {
    let schema = schema(
        r#"type Person { profile Profile? @@auth } type Profile { orgId String }
         model User {
           id     Int      @id(map: "pk", sort: Desc)
           orgId  String   @default(auth().profile.orgId)
           code   String   @default(ulid("u_%s"))
           nano   String   @default(nanoid(8, "a\\%s-%s"))
           pass   String   @password(saltLength: 10)
           token  String   @encrypted
           name   String   @fuzzy @fullText @meta('label', { text: 'Name', list: [1, true, null, x] })
           seen   DateTime @updatedAt(ignore: [name, token])
           raw    Int      @prisma.passthrough('@db.Int')
           /// Found by name.
           @@index([name(sort: Desc, length: 5), code(ops: raw("gin_ops"))], type: Gin, map: "words")
           @@unique([name, code], length: 3, clustered: true)
           @@prisma.passthrough('@@x')
         }"#,
    );
    let model = schema.model("User").unwrap();
    let field = |name| model.field(name).unwrap();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        field("orgId").default,
        Some(DefaultValue::Auth(vec![text("profile"), text("orgId")]))
    );
    assert_eq!(
        field("code").default,
        Some(DefaultValue::Formatted(
            Box::new(DefaultValue::Ulid),
            vec![text("u_"), text("")]
        ))
    );
    assert_eq!(
        field("nano").default,
        Some(DefaultValue::Formatted(
            Box::new(DefaultValue::Nanoid(8)),
            vec![text("a%s-"), text("")]
        ))
    );
    assert_eq!(
        field("pass").password,
        Some(Password {
            cost: 10,
            salt: None
        })
    );
    assert!(field("token").encrypted && field("name").fuzzy && field("name").full_text);
    assert_eq!(field("seen").updated_at_ignores, ["name", "token"]);
    assert_eq!(
        field("name").meta,
        [Meta {
            name: text("label"),
            value: MetaValue::Object(vec![
                (text("text"), MetaValue::String(text("Name"))),
                (
                    text("list"),
                    MetaValue::List(vec![
                        MetaValue::Number(text("1")),
                        MetaValue::Boolean(true),
                        MetaValue::Null,
                        MetaValue::Name(text("x")),
                    ])
                ),
            ]),
        }]
    );
    assert_eq!(field("raw").passthrough, ["@db.Int"]);
    assert_eq!(model.passthrough, ["@@x"]);

    let part = |sort, length, ops| KeyPart { sort, length, ops };
    assert_eq!(
        model.id_parts,
        [part(Some(SortOrder::Descending), None, None)]
    );
    let index = &model.indexes[0];
    assert_eq!(
        (index.method, index.doc.as_deref()),
        (IndexMethod::Gin, Some("Found by name."))
    );
    assert_eq!(
        index.parts,
        [
            part(Some(SortOrder::Descending), Some(5), None),
            part(None, None, Some(OperatorClass::Raw(text("gin_ops")))),
        ]
    );
    let unique = &model.uniques[0];
    assert_eq!(unique.parts, vec![part(None, Some(3), None); 2]);
    assert_eq!(unique.clustered, Some(true));
}

#[test]
fn procedures_and_blocks_of_other_programs_are_named() {
    let schema = schema(
        "plugin policy { provider = '@zenstackhq/plugin-policy' }
         /// For TypeScript.
         generator client { provider = 'prisma-client-js' }
         type Token { value String }
         model User { id Int @id }
         /// Opens an account.
         mutation procedure signUp(email: String, tokens: Token[]?): User
         procedure nothing(any: Any): Void",
    );
    let others: Vec<_> = schema
        .others
        .iter()
        .map(|other| {
            (
                other.word.as_str(),
                other.name.as_str(),
                other.doc.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        others,
        [
            ("plugin", "policy", None),
            ("generator", "client", Some("For TypeScript."))
        ]
    );
    let [sign_up, nothing] = schema.procedures.as_slice() else {
        panic!("there are two");
    };
    assert_eq!((sign_up.mutation, nothing.mutation), (true, false));
    assert_eq!(sign_up.doc.as_deref(), Some("Opens an account."));
    assert_eq!(sign_up.returns.kind, ValueKind::Model("User".into()));
    let tokens = &sign_up.parameters[1];
    assert_eq!(tokens.takes.kind, ValueKind::Typed("Token".into()));
    assert!(tokens.takes.list && tokens.optional);
    assert_eq!(nothing.returns.kind, ValueKind::Nothing);
}

#[test]
fn a_mixin_reads_the_same_in_each_model_but_currentmodel() {
    // `this` is the model that has the rule, so both must load although the keys differ in type.
    let schema = schema(
        "type Owned { ownerId Int @@allow('all', auth().id == ownerId && currentModel() == 'Post') }
         model User { id Int @id }
         model Post with Owned { id Int @id }
         model Note with Owned { id String @id }",
    );
    let rules = |name| &schema.model(name).unwrap().policies;
    assert_eq!((rules("Post").len(), rules("Note").len()), (1, 1));
}
