//! `hallpass zmodel docs`: a page to read, and a diagram.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use askama::Template;
use hallpass::data::zmodel::schema::{
    Arity, DefaultValue, Effect, Enum, Field, FieldKind, Literal, Model, ModelKind, Operation,
    Policy, TypeDef,
};
use hallpass::data::zmodel::{Schema, diagram};

use super::files;
use crate::failure::Failure;
use crate::schema;

/// Writes `index.html` and `diagram.svg` into a folder.
///
/// # Errors
/// [`Failure::Zmodel`] with every mistake, [`Failure::File`] when the folder cannot be written.
pub(super) fn run(path: &Path, folder: &Path, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let schema = schema::load(path)?.schema;
    let svg = diagram(&schema);
    fs::create_dir_all(folder).map_err(|source| Failure::File {
        path: folder.to_owned(),
        source,
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let page = page(&name, &schema, &svg);
    for (name, text) in [("index.html", &page), ("diagram.svg", &svg)] {
        let file = folder.join(name);
        files::write(&file, text)?;
        writeln!(out, "{}", file.display()).map_err(Failure::Output)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Template)]
#[template(path = "schema.html")]
struct Page<'s> {
    name: &'s str,
    svg: &'s str,
    models: Vec<ModelPart<'s>>,
    types: Vec<TypePart<'s>>,
    enums: &'s [Enum],
}

struct ModelPart<'s> {
    model: &'s Model,
    is_view: bool,
    fields: Vec<FieldPart<'s>>,
    rules: Vec<RulePart<'s>>,
}

struct TypePart<'s> {
    item: &'s TypeDef,
    fields: Vec<FieldPart<'s>>,
}

struct FieldPart<'s> {
    field: &'s Field,
    type_name: String,
    /// The model, enum or type that the page explains.
    target: Option<&'s str>,
    notes: Vec<String>,
}

/// An access rule, or one of a field.
struct RulePart<'s> {
    field: Option<&'s str>,
    allows: bool,
    operations: String,
    text: &'s str,
}

fn page(name: &str, schema: &Schema, svg: &str) -> String {
    let models = schema.models.iter().filter(|model| !model.ignored);
    let page = Page {
        name,
        svg,
        models: models.map(model_part).collect(),
        types: schema.types.iter().map(type_part).collect(),
        enums: &schema.enums,
    };
    // invariant: writing to a text cannot fail
    page.render().unwrap_or_default()
}

fn model_part(model: &Model) -> ModelPart<'_> {
    let of_model = model.policies.iter().map(|policy| rule_part(None, policy));
    let of_fields = model.fields.iter().flat_map(|field| {
        let rules = field.policies.iter();
        rules.map(|policy| rule_part(Some(&field.name), policy))
    });
    let fields = model.fields.iter().filter(|field| !field.ignored);
    ModelPart {
        model,
        is_view: model.kind == ModelKind::View,
        fields: fields.map(|field| field_part(Some(model), field)).collect(),
        rules: of_model.chain(of_fields).collect(),
    }
}

fn type_part(item: &TypeDef) -> TypePart<'_> {
    let fields = item.fields.iter().map(|field| field_part(None, field));
    TypePart {
        item,
        fields: fields.collect(),
    }
}

fn rule_part<'s>(field: Option<&'s str>, policy: &'s Policy) -> RulePart<'s> {
    let operations = Operation::ALL
        .into_iter()
        .filter(|operation| policy.operations.contains(*operation));
    RulePart {
        field,
        allows: policy.effect == Effect::Allow,
        operations: operations
            .map(Operation::name)
            .collect::<Vec<_>>()
            .join(", "),
        text: &policy.place.text,
    }
}

fn field_part<'s>(model: Option<&'s Model>, field: &'s Field) -> FieldPart<'s> {
    let (name, target) = match &field.kind {
        FieldKind::Scalar(scalar) => (scalar.name(), None),
        FieldKind::Enum(name) | FieldKind::Typed(name) => (name.as_str(), Some(name.as_str())),
        FieldKind::Relation(relation) => (relation.model.as_str(), Some(relation.model.as_str())),
        FieldKind::Unsupported(name) => (name.as_str(), None),
    };
    let suffix = match field.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    FieldPart {
        field,
        type_name: format!("{name}{suffix}"),
        target,
        notes: notes(model, field),
    }
}

/// What else is to be known of a field.
fn notes(model: Option<&Model>, field: &Field) -> Vec<String> {
    let is_alone = |fields: &[String]| matches!(fields, [only] if *only == field.name);
    let mut notes = Vec::new();
    if let Some(model) = model {
        if model.has_primary_key && model.id.contains(&field.name) {
            notes.push("primary key".to_owned());
        } else if model.uniques.iter().any(|unique| is_alone(&unique.fields)) {
            notes.push("unique".to_owned());
        }
    }
    notes.extend(field.default.as_ref().map(default));
    if let Some(relation) = field
        .relation()
        .filter(|relation| !relation.fields.is_empty())
    {
        notes.push(format!("by {}", relation.fields.join(", ")));
    }
    let marks = [
        (field.updated_at, "set when the row changes"),
        (field.omit, "left out unless asked for"),
        (field.password.is_some(), "kept as a hash"),
        (field.encrypted, "kept encrypted"),
        (field.computed, "computed"),
    ];
    let marks = marks.iter().filter(|(is_so, _)| *is_so);
    notes.extend(marks.map(|(_, text)| (*text).to_owned()));
    if let Some(origin) = &field.origin {
        notes.push(format!("of {origin}"));
    }
    notes
}

fn default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Literal(literal) => format!("default {}", literal_text(literal)),
        DefaultValue::EnumMember(name) => format!("default {name}"),
        DefaultValue::Now => "default: the current time".to_owned(),
        DefaultValue::Autoincrement => "counted by the database".to_owned(),
        DefaultValue::DbGenerated(_) => "made by the database".to_owned(),
        DefaultValue::Auth(path) => format!("default auth().{}", path.join(".")),
        _ => "a new id".to_owned(),
    }
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("'{text}'"),
        Literal::Number(text) => text.clone(),
        Literal::Boolean(value) => value.to_string(),
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(literal_text).collect();
            format!("[{}]", items.join(", "))
        }
    }
}
