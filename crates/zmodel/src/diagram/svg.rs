//! Draws what is laid out.

use std::fmt::{self, Write as _};

use super::layout::{HEAD, Line, ModelBox, Picture, ROW};

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1c1c28;--soft:#6b6b80;--line:#8a8aa0;--box:#f6f6fb;--head:#e4e4f4;--key:#8a5a00}
@media(prefers-color-scheme:dark){:root{--paper:#14141c;--ink:#e8e8f2;--soft:#a0a0b8;--line:#70708c;--box:#1e1e2a;--head:#2c2c40;--key:#f0b848}}
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink)}
.paper{fill:var(--paper)}.box{fill:var(--box);stroke:var(--line)}.head{fill:var(--head);stroke:var(--line)}
.name{font-weight:700}.type{fill:var(--soft);text-anchor:end}.key{fill:var(--key)}
.line,.end{fill:none;stroke:var(--line);stroke-width:1.5}";

/// The picture as text.
pub(super) fn draw(picture: &Picture<'_>) -> String {
    let mut svg = String::new();
    // invariant: writing to a text cannot fail
    let _ = write(picture, &mut svg);
    svg
}

fn write(picture: &Picture<'_>, svg: &mut String) -> fmt::Result {
    let (width, height) = (picture.width, picture.height);
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"The models and their relations\">"
    )?;
    writeln!(svg, "<style>{STYLE}</style>")?;
    writeln!(
        svg,
        "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"
    )?;
    for line in &picture.lines {
        draw_line(picture, line, svg)?;
    }
    for one in &picture.boxes {
        draw_box(one, svg)?;
    }
    svg.push_str("</svg>\n");
    Ok(())
}

fn draw_box(one: &ModelBox<'_>, svg: &mut String) -> fmt::Result {
    let (x, y, width) = (one.x, one.y, one.width);
    let name = Escaped(&one.model.name);
    writeln!(
        svg,
        "<g><rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"6\"/>\
         <path class=\"head\" d=\"M{x} {}v-{}a6 6 0 0 1 6-6h{}a6 6 0 0 1 6 6v{}z\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\">{name}</text>",
        one.height(),
        y + HEAD,
        HEAD - 6,
        width - 12,
        HEAD - 6,
        x + 12,
        y + 19,
    )?;
    for (number, row) in one.rows.iter().enumerate() {
        let class = if row.is_key { " class=\"key\"" } else { "" };
        let base = y + HEAD + number * ROW + 15;
        writeln!(
            svg,
            "<text{class} x=\"{}\" y=\"{base}\">{}</text><text class=\"type\" x=\"{}\" y=\"{base}\">{}</text>",
            x + 12,
            Escaped(row.name),
            x + width - 12,
            Escaped(&row.type_name),
        )?;
    }
    svg.push_str("</g>\n");
    Ok(())
}

/// From the left of the box with the key to the right of the other; around both where they stand the other way.
fn draw_line(picture: &Picture<'_>, line: &Line<'_>, svg: &mut String) -> fmt::Result {
    let (Some(from), Some(to)) = (picture.boxes.get(line.from.0), picture.boxes.get(line.to))
    else {
        return Ok(());
    };
    let row = line
        .from
        .1
        .map_or(HEAD / 2, |row| HEAD + row * ROW + ROW / 2);
    let (y, target_y) = (from.y + row, to.y + HEAD / 2);
    let title = format!("{}.{} → {}", from.model.name, line.name, to.model.name);
    write!(
        svg,
        "<g><title>{}</title><path class=\"line\" d=\"",
        Escaped(&title)
    )?;
    let right = |one: &ModelBox<'_>| one.x + one.width;
    let is_left = right(to) < from.x;
    let start = if is_left { from.x } else { right(from) };
    if is_left {
        let middle = (start + right(to)) / 2;
        write!(
            svg,
            "M{start} {y}C{middle} {y} {middle} {target_y} {} {target_y}",
            right(to)
        )?;
    } else {
        // Both on their right sides, around what stands between.
        let far = start.max(right(to)) + 45;
        write!(
            svg,
            "M{start} {y}C{far} {y} {far} {target_y} {} {target_y}",
            right(to)
        )?;
    }
    svg.push_str("\"/><path class=\"end\" d=\"");
    if line.is_many {
        write_fork(svg, (start, y), is_left)?;
    }
    if line.to_many {
        write_fork(svg, (right(to), target_y), false)?;
    } else {
        write!(svg, "M{} {}v10", right(to) + 6, target_y - 5)?;
    }
    svg.push_str("\"/></g>\n");
    Ok(())
}

/// Three toes at the side of a box, where many rows end.
fn write_fork(svg: &mut String, (x, y): (usize, usize), is_left: bool) -> fmt::Result {
    let tip = if is_left { x - 10 } else { x + 10 };
    write!(svg, "M{x} {}L{tip} {y}L{x} {}", y - 5, y + 5)
}

/// A text in which no sign means anything to XML.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sign in self.0.chars() {
            match sign {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                sign => formatter.write_char(sign)?,
            }
        }
        Ok(())
    }
}
