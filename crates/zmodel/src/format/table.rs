//! Lines, and the columns of neighbouring ones.

/// How far a level is indented, in spaces.
pub(super) const INDENT: usize = 4;

/// A line about to be written.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Levels of indentation.
    pub(super) level: usize,
    pub(super) kind: LineKind,
    /// The columns; a line that is no member has one.
    pub(super) columns: Vec<String>,
    /// What stands at its end.
    pub(super) comment: Option<String>,
}

/// What a line is to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineKind {
    /// Aligned with the members above and below.
    Member,
    /// A comment, or the rest of a member: members around it are neighbours all the same.
    Between,
    /// Anything else.
    #[default]
    Other,
    Blank,
}

/// The text of lines.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let is_table = |line: &Line| matches!(line.kind, LineKind::Member | LineKind::Between);
        let length = rest.iter().take_while(|line| is_table(line)).count();
        let (table, after) = rest.split_at(length.max(1).min(rest.len()));
        write(table, &mut text);
        rest = after;
    }
    text
}

fn write(table: &[Line], text: &mut String) {
    let widths = widths(table);
    for line in table {
        let from = text.len();
        text.extend(std::iter::repeat_n(' ', line.level * INDENT));
        for (number, column) in line.columns.iter().enumerate() {
            text.push_str(column);
            if number + 1 < line.columns.len() {
                let width = widths.get(number).copied().unwrap_or_default();
                let padding = width.saturating_sub(column.chars().count());
                text.extend(std::iter::repeat_n(' ', padding + 1));
            }
        }
        if let Some(comment) = &line.comment {
            text.push_str(if text.len() > from { " " } else { "" });
            text.push_str(comment);
        }
        text.push('\n');
    }
}

/// How wide each column is.
fn widths(table: &[Line]) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for line in table.iter().filter(|line| line.kind == LineKind::Member) {
        for (number, column) in line.columns.iter().enumerate() {
            let width = column.chars().count();
            match widths.get_mut(number) {
                Some(known) => *known = width.max(*known),
                None => widths.push(width),
            }
        }
    }
    widths
}
