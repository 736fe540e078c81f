//! Where boxes stand: models in columns, each to the right of what it refers to.

use std::collections::HashMap;

use crate::Schema;
use crate::schema::{Arity, Field, FieldKind, Model};

/// Sizes in units of the picture.
pub(super) const ROW: usize = 20;
pub(super) const HEAD: usize = 28;
const GAP_BETWEEN_COLUMNS: usize = 90;
const GAP_BETWEEN_BOXES: usize = 30;
pub(super) const MARGIN: usize = 20;
/// How wide a character is, about.
const CHARACTER: usize = 8;
/// What a box has beside its texts.
const PADDING: usize = 40;

/// A picture, laid out.
pub(super) struct Picture<'s> {
    pub(super) boxes: Vec<ModelBox<'s>>,
    pub(super) lines: Vec<Line<'s>>,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A model.
pub(super) struct ModelBox<'s> {
    pub(super) model: &'s Model,
    pub(super) rows: Vec<Row<'s>>,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
}

/// A column of its table.
pub(super) struct Row<'s> {
    pub(super) name: &'s str,
    pub(super) type_name: String,
    pub(super) is_key: bool,
}

/// A relation, from the model with the key to the other.
pub(super) struct Line<'s> {
    pub(super) name: &'s str,
    /// Place of the box, and of the row in it; the head where a table in between has the keys.
    pub(super) from: (usize, Option<usize>),
    pub(super) to: usize,
    /// Whether many rows may point at the same one.
    pub(super) is_many: bool,
    /// Whether one row may point at many.
    pub(super) to_many: bool,
}

impl ModelBox<'_> {
    pub(super) fn height(&self) -> usize {
        HEAD + self.rows.len() * ROW
    }
}

/// Lays out a schema.
pub(super) fn place(schema: &Schema) -> Picture<'_> {
    let models = schema.models.iter().filter(|model| !model.ignored);
    let mut boxes: Vec<ModelBox<'_>> = models.map(model_box).collect();
    let lines = lines(&boxes);
    let columns = columns(boxes.len(), &lines);
    let (mut x, mut height) = (MARGIN, 0);
    for column in &columns {
        let widest = column.iter().filter_map(|at| boxes.get(*at));
        let width = widest.map(|one| one.width).max().unwrap_or_default();
        let mut y = MARGIN;
        for at in column {
            if let Some(one) = boxes.get_mut(*at) {
                (one.x, one.y, one.width) = (x, y, width);
                y += one.height() + GAP_BETWEEN_BOXES;
            }
        }
        x += width + GAP_BETWEEN_COLUMNS;
        height = height.max(y);
    }
    Picture {
        width: (x + MARGIN)
            .saturating_sub(GAP_BETWEEN_COLUMNS)
            .max(2 * MARGIN),
        height: (height + MARGIN)
            .saturating_sub(GAP_BETWEEN_BOXES)
            .max(2 * MARGIN),
        boxes,
        lines,
    }
}

fn model_box(model: &Model) -> ModelBox<'_> {
    let fields = model.fields.iter();
    let fields = fields.filter(|field| field.relation().is_none() && !field.ignored);
    let rows: Vec<Row<'_>> = fields
        .map(|field| Row {
            name: &field.name,
            type_name: type_name(field),
            is_key: model.id.contains(&field.name),
        })
        .collect();
    let length = |row: &Row<'_>| row.name.chars().count() + row.type_name.chars().count();
    let longest = rows.iter().map(length).max().unwrap_or_default();
    let longest = longest.max(model.name.chars().count());
    ModelBox {
        model,
        rows,
        x: 0,
        y: 0,
        width: longest * CHARACTER + PADDING,
    }
}

/// The type of a field as it is written.
fn type_name(field: &Field) -> String {
    let name = match &field.kind {
        FieldKind::Scalar(scalar) => scalar.name(),
        FieldKind::Enum(name) | FieldKind::Typed(name) | FieldKind::Unsupported(name) => name,
        FieldKind::Relation(relation) => &relation.model,
    };
    let suffix = match field.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    format!("{name}{suffix}")
}

fn lines<'s>(boxes: &[ModelBox<'s>]) -> Vec<Line<'s>> {
    let places: HashMap<&str, usize> = boxes
        .iter()
        .enumerate()
        .map(|(at, one)| (one.model.name.as_str(), at))
        .collect();
    let mut lines = Vec::new();
    for (at, one) in boxes.iter().enumerate() {
        // A relation inherited from a base is drawn there.
        let fields = one.model.fields.iter();
        for field in fields.filter(|field| field.origin.is_none()) {
            lines.extend(line(one, at, field, &places));
        }
        if let Some(base) = &one.model.base {
            lines.extend(places.get(base.as_str()).map(|to| Line {
                name: "extends",
                from: (at, None),
                to: *to,
                is_many: false,
                to_many: false,
            }));
        }
    }
    lines
}

fn line<'s>(
    one: &ModelBox<'s>,
    at: usize,
    field: &'s Field,
    places: &HashMap<&str, usize>,
) -> Option<Line<'s>> {
    let relation = field.relation()?;
    let to = *places.get(relation.model.as_str())?;
    let key = relation.fields.first();
    let Some(key) = key else {
        // Two lists: drawn once, from the model that comes first.
        let is_drawn = relation.join.is_some() && (at, &field.name) <= (to, &relation.opposite);
        return is_drawn.then_some(Line {
            name: &field.name,
            from: (at, None),
            to,
            is_many: true,
            to_many: true,
        });
    };
    let is_unique = one.model.id == relation.fields
        || one
            .model
            .uniques
            .iter()
            .any(|unique| unique.fields == relation.fields);
    Some(Line {
        name: &field.name,
        from: (at, one.rows.iter().position(|row| row.name == key.as_str())),
        to,
        is_many: !is_unique,
        to_many: false,
    })
}

/// Boxes in columns: each to the right of what it points at, as far as lines make no circle; those without lines last.
fn columns(count: usize, lines: &[Line<'_>]) -> Vec<Vec<usize>> {
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut has_line = vec![false; count];
    for line in lines {
        if let Some(targets) = targets
            .get_mut(line.from.0)
            .filter(|_| line.from.0 != line.to)
        {
            targets.push(line.to);
        }
        for end in [line.from.0, line.to] {
            has_line
                .get_mut(end)
                .into_iter()
                .for_each(|has| *has = true);
        }
    }
    let depths = depths(&targets);
    let deepest = depths.iter().copied().max().unwrap_or_default();
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); deepest + 2];
    for (at, (depth, has_line)) in depths.iter().zip(&has_line).enumerate() {
        let column = if *has_line { *depth } else { deepest + 1 };
        columns
            .get_mut(column)
            .into_iter()
            .for_each(|column| column.push(at));
    }
    // A column stays about as high as the picture is wide.
    let tallest = (1..)
        .find(|side| side * side >= count)
        .unwrap_or(count)
        .max(4);
    let parts = columns.iter().flat_map(|column| column.chunks(tallest));
    parts.map(<[usize]>::to_vec).collect()
}

/// How many steps each box is away from one that points at nothing. What would close a circle does not count.
fn depths(targets: &[Vec<usize>]) -> Vec<usize> {
    let mut depths = vec![None; targets.len()];
    let mut is_open = vec![false; targets.len()];
    for start in 0..targets.len() {
        // A stack of our own: a chain may be as long as there are models.
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            if depths.get(at).is_none_or(Option::is_some) {
                continue;
            }
            is_open
                .get_mut(at)
                .into_iter()
                .for_each(|open| *open = true);
            let own = targets.get(at).map_or(&[][..], Vec::as_slice);
            match own.get(next) {
                Some(target) => {
                    stack.push((at, next + 1));
                    if !is_open.get(*target).copied().unwrap_or(true) {
                        stack.push((*target, 0));
                    }
                }
                None => {
                    let below = own
                        .iter()
                        .filter_map(|target| depths.get(*target).copied().flatten());
                    let depth = below.max().map_or(0, |depth: usize| depth + 1);
                    depths
                        .get_mut(at)
                        .into_iter()
                        .for_each(|slot| *slot = Some(depth));
                }
            }
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}
