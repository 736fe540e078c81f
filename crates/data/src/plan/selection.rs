use std::sync::Arc;

use hallpass_sql::{Expr, Join, JoinKind, JsonForm};
use hallpass_zmodel::schema::{Arity, DefaultValue, Field, FieldKind, Model};

use super::nested::Level;
use super::{Planner, Scene, field, is_relation};
use crate::args::{Include, Listing, RelationCount, Selection};
use crate::error::InvalidInput;
use crate::policy::Access;
use crate::shape::{Content, KeyPart, Shape, ShapeField};

/// Tables that one statement joins: SQLite takes 64, MySQL and MariaDB 61.
const MAX_JOINS: usize = 60;
/// Columns that one statement gives: PostgreSQL takes 1664, the others more.
const MAX_COLUMNS: usize = 1600;

/// What a read gives: its columns, the tables they come from, and what is read after it.
pub(super) struct Projection {
    pub(super) columns: Vec<Expr>,
    pub(super) joins: Vec<Join>,
    /// Whether a row becomes a JSON document.
    pub(super) documents: bool,
    pub(super) levels: Vec<Level>,
}

impl<'e> Planner<'e> {
    /// The shape of a model's rows without relations; its columns stand alone.
    pub(crate) fn flat(
        &mut self,
        model: &'e Model,
        selection: &Selection,
    ) -> Result<(Arc<Shape>, Vec<Expr>), InvalidInput> {
        let mut projection = Projection::rows();
        let scene = Scene::alone(model);
        let shape = self.shape(scene, selection, &mut projection)?;
        Ok((shape, projection.columns))
    }

    /// The shape of a model's rows; adds to the projection what it needs.
    pub(super) fn shape(
        &mut self,
        scene: Scene<'e, '_>,
        selection: &Selection,
        projection: &mut Projection,
    ) -> Result<Arc<Shape>, InvalidInput> {
        let mut fields = Vec::new();
        for field in self.selected(scene.model, selection)? {
            let (_, codec) = self.column(scene.model, &field.name)?;
            let column = self.visible(scene, field)?;
            fields.push(ShapeField {
                name: field.name.clone(),
                content: Content::Column {
                    position: projection.add_value(column, codec.json_form()),
                    codec,
                },
            });
        }
        for include in &selection.include {
            fields.push(self.related(scene, include, projection)?);
        }
        if !selection.counts.is_empty() {
            fields.push(self.counts(scene, &selection.counts, projection)?);
        }
        // Who names fields gets them and no others.
        let extended = match selection.select {
            Some(_) => None,
            None => self.extended(scene, projection)?,
        };
        if projection.columns.len() > MAX_COLUMNS {
            return Err(InvalidInput::Columns { most: MAX_COLUMNS });
        }
        let key = key_parts(scene.model, &fields);
        Ok(Arc::new(Shape {
            model: scene.model.name.clone(),
            fields,
            reversed: false,
            extended,
            key,
        }))
    }

    fn selected(
        &self,
        model: &'e Model,
        selection: &Selection,
    ) -> Result<Vec<&'e Field>, InvalidInput> {
        let named = selection.select.iter().chain(&selection.omit).flatten();
        for name in named {
            self.column(model, name)?;
        }
        let omits = |field: &Field| {
            self.engine.services.omitted.omits(model, field)
                && !selection.kept.contains(&field.name)
        };
        let chosen = |field: &&Field| match (&selection.select, &selection.omit) {
            (Some(select), _) => select.contains(&field.name),
            (None, Some(omit)) => !omits(field) && !omit.contains(&field.name),
            (None, None) => !omits(field),
        };
        // SECURITY: a person never gets a hash to try passwords on, however it is asked for.
        let is_for_person = matches!(self.access, Access::Person(_));
        let is_hash = |field: &Field| is_for_person && field.password.is_some();
        let columns = model.fields.iter();
        let columns = columns.filter(|field| is_readable(field) && !is_hash(field));
        let fields: Vec<_> = columns.filter(chosen).collect();
        let both = selection.select.is_some() && selection.omit.is_some();
        let nothing =
            fields.is_empty() && selection.include.is_empty() && selection.counts.is_empty();
        if both || nothing {
            return Err(InvalidInput::Selection {
                model: model.name.clone(),
            });
        }
        Ok(fields)
    }

    fn related(
        &mut self,
        scene: Scene<'e, '_>,
        include: &Include,
        projection: &mut Projection,
    ) -> Result<ShapeField, InvalidInput> {
        let owner = field(scene.model, &include.field)?;
        if owner.relation().is_some() && owner.arity == Arity::List {
            return self.many(scene, owner, include, projection);
        }
        let tie = self.tie(scene, owner)?;
        let only_filter = Listing {
            filter: include.rows.filter.clone(),
            ..Listing::default()
        };
        if include.rows != only_filter {
            return Err(InvalidInput::NotToMany {
                model: scene.model.name.clone(),
                field: include.field.clone(),
            });
        }
        let inner = tie.scene();
        let mut on = vec![tie.on()];
        // Said before the tables of its bases are there, so that these have nothing of a row that is hidden.
        if !self.keep(inner.apart(), include.rows.filter.as_ref(), &mut on)? {
            return Ok(ShapeField {
                name: include.field.clone(),
                content: Content::Nobody,
            });
        }
        if projection.joins.len() >= MAX_JOINS {
            return Err(InvalidInput::Relations { most: MAX_JOINS });
        }
        projection.joins.push(Join {
            kind: JoinKind::Left,
            source: Self::source(tie.target, Some(&tie.alias)),
            on: if on.len() == 1 {
                tie.on()
            } else {
                Expr::And(on)
            },
        });
        let bases = self.bases(inner, JoinKind::Left)?;
        projection.joins.extend(bases);
        // A joined column that equals another cannot be null, so it tells whether there is a row.
        let key = tie.pairs.first().map(|(_, other)| other.clone());
        let key = key.unwrap_or(Expr::Bool(false));
        let shape = self.shape(inner, &include.selection, projection)?;
        // Mostly it is read in any case.
        let mut columns = projection.columns.iter();
        let presence = match columns.position(|column| *column == key) {
            Some(position) => position,
            None => projection.add(key),
        };
        Ok(ShapeField {
            name: include.field.clone(),
            content: Content::Related { presence, shape },
        })
    }

    fn counts(
        &mut self,
        scene: Scene<'e, '_>,
        counts: &[RelationCount],
        projection: &mut Projection,
    ) -> Result<ShapeField, InvalidInput> {
        let fields = counts.iter().map(|count| {
            let number = self.relation_count(scene, &count.field, count.filter.as_ref())?;
            Ok(ShapeField {
                name: count.field.clone(),
                content: Content::Count {
                    position: projection.add(number),
                },
            })
        });
        let shape = Shape {
            model: scene.model.name.clone(),
            fields: fields.collect::<Result<_, InvalidInput>>()?,
            reversed: false,
            extended: None,
            key: Vec::new(),
        };
        Ok(ShapeField {
            name: "_count".to_owned(),
            content: Content::Group {
                shape: Arc::new(shape),
            },
        })
    }
}

/// What tells a row from others, of what is read of it.
fn key_parts(model: &Model, fields: &[ShapeField]) -> Vec<KeyPart> {
    let part = |name: &String| {
        let is_it = |field: &ShapeField| {
            field.name == *name && matches!(field.content, Content::Column { .. })
        };
        Some(KeyPart {
            at: fields.iter().position(is_it)?,
            made: model.field(name).is_some_and(is_made),
        })
    };
    let keys = std::iter::once(&model.id).chain(model.uniques.iter().map(|key| &key.fields));
    let mut keys = keys.filter(|key| !key.is_empty());
    keys.find_map(|key| key.iter().map(part).collect())
        .unwrap_or_default()
}

/// Whether programs make the value up, to name a row and for nothing else.
fn is_made(field: &Field) -> bool {
    // SECURITY: a token may be made as ids are, and opens something.
    let name = field.name.to_ascii_lowercase();
    let opens = ["token", "secret", "hash", "code", "password"];
    let is_secret = field.omit || opens.iter().any(|word| name.contains(word));
    let is_chosen = matches!(
        field.default,
        None | Some(
            DefaultValue::Literal(_)
                | DefaultValue::EnumMember(_)
                | DefaultValue::Now
                | DefaultValue::Auth(_)
        )
    );
    !is_secret && !is_chosen
}

/// Whether clients see the field, and it has a value that we can read.
pub(super) fn is_readable(field: &Field) -> bool {
    !field.ignored && !is_relation(field) && !matches!(field.kind, FieldKind::Unsupported(_))
}

impl Projection {
    /// Of rows that a driver gives.
    pub(super) fn rows() -> Self {
        Self {
            columns: Vec::new(),
            joins: Vec::new(),
            documents: false,
            levels: Vec::new(),
        }
    }

    /// Of rows that become JSON documents.
    pub(super) fn documents() -> Self {
        Self {
            documents: true,
            ..Self::rows()
        }
    }

    /// Adds a column and gives its position.
    pub(super) fn add(&mut self, column: Expr) -> usize {
        self.columns.push(column);
        self.columns.len() - 1
    }

    /// Adds the column of a field, in the form in which a document loses nothing of it.
    pub(super) fn add_value(&mut self, column: Expr, form: JsonForm) -> usize {
        if self.documents && form != JsonForm::Plain {
            return self.add(Expr::JsonValue(Box::new(column), form));
        }
        self.add(column)
    }
}
