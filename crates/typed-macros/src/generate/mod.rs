//! From a checked schema to Rust code.
//!
//! Everything generated names other things by full paths, and those of `hallpass-typed` by `__t`, so that no name of a schema
//! gets in the way.

mod documents;
mod enums;
mod facts;
mod fields;
mod keys;
mod links;
mod new_row;
mod rows;
mod text;

use hallpass_zmodel::schema::{Model, ModelKind};

use crate::files::{Files, Place};
use crate::names::{Clash, Scope, camel, snake, table};
use facts::Facts;
use text::{docs, say};

/// The code of a schema; `root` is the path of `hallpass-typed`.
pub(crate) fn code(files: &Files, root: &str) -> Result<String, Clash> {
    let facts = Facts::of(&files.schema);
    let mut code = format!("use {root} as __t;");
    let mut scope = Scope::default();
    scope.take("Tables", "the trait of tables".to_owned())?;
    scope.take("__t", "a name of the generated code".to_owned())?;
    sources(&mut code, files);
    for item in &facts.schema.enums {
        scope.take(&camel(&item.name), format!("enum `{}`", item.name))?;
        enums::write(&mut code, item)?;
    }
    for item in facts.documents() {
        scope.take(&camel(&item.name), format!("type `{}`", item.name))?;
        documents::write(&mut code, &facts, item)?;
    }
    let mut methods = Scope::default();
    for model in facts.models() {
        let what = || format!("model `{}`", model.name);
        scope.take(&camel(&model.name), what())?;
        scope.take(&snake(&model.name), what())?;
        methods.take(&table(&model.name), what())?;
        rows::write(&mut code, &facts, model);
        module(&mut code, &facts, model)?;
    }
    tables(&mut code, &facts);
    Ok(code)
}

/// The texts of the schema, so that the program carries them and the compiler knows of the files.
fn sources(code: &mut String, files: &Files) {
    let text = |place: &Place| match place {
        Place::File(path) => format!("::core::include_str!({path:?})"),
        Place::Call(text) => format!("{text:?}"),
    };
    let texts: Vec<_> = files.texts.iter().map(|one| text(&one.place)).collect();
    if let Some(main) = texts.first() {
        say!(
            code,
            "/// The text of the schema, without what it imports.\npub const SCHEMA: &str = {main};"
        );
    }
    code.push_str(
        "/// The texts of the schema and of what it imports, the main one first.
        pub const SOURCES: &[__t::Source<'static>] = &[",
    );
    for (index, (one, text)) in files.texts.iter().zip(&texts).enumerate() {
        let text = if index == 0 { "SCHEMA" } else { text };
        say!(
            code,
            "__t::Source {{ name: {:?}, text: {text} }},",
            one.name
        );
    }
    code.push_str("];");
}

/// What can be said of a model.
fn module(code: &mut String, facts: &Facts<'_>, model: &Model) -> Result<(), Clash> {
    let name = camel(&model.name);
    say!(
        code,
        "/// What can be said of the rows of [`{name}`]: its fields, relations and keys."
    );
    say!(code, "pub mod {} {{ use super::__t;", snake(&model.name));
    fields::write(code, facts, model)?;
    links::write(code, facts, model)?;
    keys::write(code, facts, model)?;
    if facts.can_be_added(model) {
        new_row::write(code, facts, model);
    }
    code.push('}');
    Ok(())
}

/// The trait by which clients have tables.
fn tables(code: &mut String, facts: &Facts<'_>) {
    code.push_str(
        "/// The tables of the schema, as methods of a client: `db.todo()`.
        pub trait Tables {",
    );
    for model in facts.models() {
        docs(
            code,
            model.doc.as_deref(),
            &format!("The rows of `{}`.", model.name),
        );
        say!(
            code,
            "fn {}(&self) -> __t::Table<'_, {}>;",
            table(&model.name),
            camel(&model.name)
        );
    }
    code.push_str("} impl Tables for __t::Client {");
    for model in facts.models() {
        say!(
            code,
            "fn {}(&self) -> __t::Table<'_, {}> {{ __t::Table::of(self) }}",
            table(&model.name),
            camel(&model.name)
        );
    }
    code.push('}');
}

/// Whether rows of the model are only read.
fn is_view(model: &Model) -> bool {
    model.kind == ModelKind::View
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Schema;

    fn written(text: &str) -> Result<String, String> {
        let files = Files::read(&Schema::Text(text.to_owned())).unwrap();
        code(&files, "::typed").map_err(|clash| clash.to_string())
    }

    #[test]
    fn two_things_of_one_name_are_refused() {
        for (schema, first, second, name) in [
            (
                "model A { id Int @id dueAt Int due_at Int }",
                "field `dueAt` of model `A`",
                "field `due_at` of model `A`",
                "due_at",
            ),
            (
                "model todo_item { id Int @id } model TodoItem { id Int @id }",
                "model `todo_item`",
                "model `TodoItem`",
                "TodoItem",
            ),
            (
                "enum Role { IN_WORK InWork } model A { id Int @id role Role }",
                "member `IN_WORK` of enum `Role`",
                "member `InWork` of enum `Role`",
                "InWork",
            ),
            (
                "model tables { id Int @id }",
                "the trait of tables",
                "model `tables`",
                "Tables",
            ),
            (
                "type T { aB Int a_b Int } model A { id Int @id t T @json }",
                "field `aB` of type `T`",
                "field `a_b` of type `T`",
                "a_b",
            ),
        ] {
            let message = written(schema).unwrap_err();
            let expected = format!("{first} and {second} are both `{name}` in Rust");
            assert!(message.starts_with(&expected), "{message}");
        }
    }

    #[test]
    fn what_clients_do_not_see_is_not_written() {
        let code = written(
            "
            model A { id Int @id  secret String? @ignore  bs B[] @ignore  c C? }
            model B { id Int @id  aId Int  a A @relation(fields: [aId], references: [id])  @@ignore }
            model C { id Int @id  aId Int @unique  a A @relation(fields: [aId], references: [id])  must String @ignore }
            ",
        )
        .unwrap();
        for hidden in ["pub secret", "fn bs", "mod b", "struct B "] {
            assert!(!code.contains(hidden), "{hidden}: {code}");
        }
        // Nobody could say what `must` is.
        assert!(
            code.contains("mod c {") && !code.contains("impl C { /// A new row"),
            "{code}"
        );
        assert_eq!(code.matches("pub struct New").count(), 1, "{code}");
    }

    #[test]
    fn comments_of_the_schema_are_documentation() {
        let code = written("/// Some \"rows\".\nmodel A { /// Its id.\n id Int @id }").unwrap();
        assert!(code.contains(r#"#[doc = "Some \"rows\"."]"#), "{code}");
        assert_eq!(code.matches(r#"#[doc = "Its id."]"#).count(), 3, "{code}");
    }

    #[test]
    fn types_are_only_written_where_documents_are() {
        let code = written(
            "
            type Person { id Int @@auth }
            type Leaf { next Leaf?  many Leaf[] }
            model A { id Int @id  leaf Leaf? @json }
            ",
        )
        .unwrap();
        assert!(!code.contains("struct Person"), "{code}");
        assert!(
            code.contains("pub next: ::std::option::Option<::std::boxed::Box<Leaf>>"),
            "{code}"
        );
        assert!(code.contains("pub many: ::std::vec::Vec<Leaf>"), "{code}");
    }
}
