//! A picture of a schema: a box a model, a line a relation.
//!
//! `layout` says where boxes stand, `svg` draws them.

mod layout;
mod svg;

use crate::Schema;

/// Draws the models of a schema and their relations as SVG, in light and dark.
///
/// Models stand to the right of those they refer to. A line begins at the key, with a fork where many rows may have the
/// same, and ends at the model it points at. Ignored models and columns are left out.
///
/// # Examples
///
/// ```
/// use hallpass_zmodel::{Source, diagram, load};
///
/// let text = "model User { id Int @id todos Todo[] }
/// model Todo { id Int @id ownerId Int owner User @relation(fields: [ownerId], references: [id]) }";
/// let schema = load(&[Source { name: "schema.zmodel", text }])?;
/// let svg = diagram(&schema);
/// assert!(svg.starts_with("<svg ") && svg.contains(">Todo</text>"));
/// # Ok::<(), hallpass_zmodel::Diagnostics>(())
/// ```
pub fn diagram(schema: &Schema) -> String {
    svg::draw(&layout::place(schema))
}
