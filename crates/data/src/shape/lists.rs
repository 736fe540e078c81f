//! How many rows documents hold, counted in their text: before anything is made of it that would take more memory.

use hallpass_sql::{Expr, Value};

use super::{Content, Shape, ShapeField};

/// Where in the rows of a shape documents stand that hold rows, from left to right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lists(Vec<List>);

/// Rows in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    position: usize,
    /// How many columns each of its rows has.
    width: usize,
    inside: Lists,
}

impl Lists {
    pub(crate) fn of(shape: &Shape) -> Self {
        let mut lists = Vec::new();
        add(shape, &mut lists);
        lists.sort_by_key(|list| list.position);
        Self(lists)
    }

    /// How many rows these are, together with those in their documents; where they are more than `most`, that there are more.
    /// None where a document did not come, because it would be too large.
    ///
    /// What is no document of rows counts for nothing: whoever reads it says so.
    pub(crate) fn count(&self, rows: &[Vec<Value>], most: u64) -> Option<u64> {
        /// No row takes fewer: its brackets, and what is behind it.
        const ROW_BYTES: usize = 3;
        let mut bytes = 0_usize;
        for row in rows {
            for list in &self.0 {
                bytes = bytes.saturating_add(match row.get(list.position) {
                    Some(Value::Text(text)) => text.len(),
                    Some(Value::Null) => return None,
                    _ => 0,
                });
            }
        }
        let own = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let inside = u64::try_from(bytes / ROW_BYTES).unwrap_or(u64::MAX);
        // The way of almost every read: there cannot be so many.
        if own.saturating_add(inside) <= most {
            return Some(own);
        }
        let mut count = own;
        for row in rows {
            for list in &self.0 {
                if let Some(Value::Text(text)) = row.get(list.position) {
                    let mut counter = Counter::of(text, count, most);
                    _ = counter.rows(list);
                    count = counter.count;
                }
            }
        }
        Some(count)
    }
}

fn add(shape: &Shape, lists: &mut Vec<List>) {
    let extended = shape.extended.iter().flat_map(|extended| extended.fields());
    for ShapeField { content, .. } in shape.fields.iter().chain(extended) {
        match content {
            Content::Many {
                position,
                width,
                shape,
                ..
            } => lists.push(List {
                position: *position,
                width: *width,
                inside: Lists::of(shape),
            }),
            // Their columns stand in the same row.
            Content::Related { shape, .. } | Content::Group { shape } => add(shape, lists),
            Content::Column { .. }
            | Content::Nobody
            | Content::Level { .. }
            | Content::Nothing
            | Content::Count { .. }
            | Content::Measured(_) => {}
        }
    }
}

/// Goes through a text of JSON, value by value.
struct Counter<'t> {
    text: &'t [u8],
    at: usize,
    count: u64,
    most: u64,
}

impl<'t> Counter<'t> {
    fn of(text: &'t str, count: u64, most: u64) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            count,
            most,
        }
    }

    /// An array of rows. `None` where it is none, or there are too many.
    fn rows(&mut self, list: &List) -> Option<()> {
        self.each(|counter| {
            counter.count = counter.count.saturating_add(1);
            (counter.count <= counter.most).then_some(())?;
            let mut column = 0;
            if list.width <= Expr::JSON_ROW {
                return counter.columns(&list.inside, &mut column);
            }
            // Wide rows come as arrays of arrays.
            counter.each(|counter| counter.columns(&list.inside, &mut column))
        })
    }

    fn columns(&mut self, inside: &Lists, column: &mut usize) -> Option<()> {
        self.each(|counter| {
            let list = inside.0.iter().find(|list| list.position == *column);
            *column += 1;
            match list {
                Some(list) => counter.rows(list),
                None => counter.skip(),
            }
        })
    }

    /// The elements of an array.
    fn each(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        (self.next()? == b'[').then_some(())?;
        self.at += 1;
        if self.next()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            element(self)?;
            let next = self.next()?;
            self.at += 1;
            match next {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Goes past a value, whatever is in it.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => {
                    self.text()?;
                }
                b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b']' | b'}' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b']' | b'}' if depth == 0 => return Some(()),
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Goes past a text, the quote of which stands here.
    fn text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return Some(());
            }
        }
    }

    /// The byte that stands here, behind blanks.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(position: usize, width: usize, inside: Vec<List>) -> List {
        List {
            position,
            width,
            inside: Lists(inside),
        }
    }

    fn counted(lists: Vec<List>, text: &str, most: u64) -> Option<u64> {
        let rows = vec![vec![Value::Int(1), Value::from(text)]];
        Lists(lists).count(&rows, most)
    }

    #[test]
    fn rows_are_counted_at_every_level() {
        let flat = || vec![list(1, 2, Vec::new())];
        // Fewer bytes than so many rows would take are not looked at.
        assert_eq!(counted(flat(), "[[1,2],[3,4]]", 100), Some(1));
        assert_eq!(counted(flat(), "[[1,2],[3,4]]", 3), Some(3));
        assert_eq!(counted(flat(), "[[1,2],[3,4]]", 2), Some(3));
        assert_eq!(
            counted(flat(), "[ [1, [1,2,3]] ,\n [2, {\"a\":[1]}] ]", 4),
            Some(3)
        );
        let texts = r#"[["a],[\"],[", "\\"], ["]", "{"]]"#;
        assert_eq!(counted(flat(), texts, 4), Some(3));
        let deep = || vec![list(1, 2, vec![list(1, 1, Vec::new())])];
        let text = r#"[[1,[[2],[3]]],[4,[]],[5,[[6]]]]"#;
        assert_eq!(counted(deep(), text, 7), Some(7));
        assert_eq!(counted(deep(), text, 6), Some(7));
        // It ends where it is known that there are too many.
        assert_eq!(counted(deep(), text, 2), Some(3));
    }

    #[test]
    fn wide_rows_are_arrays_of_arrays() {
        let width = Expr::JSON_ROW + 1;
        let last = vec![list(1, width, vec![list(Expr::JSON_ROW, 1, Vec::new())])];
        let numbers = vec!["0"; Expr::JSON_ROW].join(",");
        let row = format!("[[{numbers}],[[[1],[2]]]]");
        assert_eq!(counted(last, &format!("[{row},{row}]"), 7), Some(7));
    }

    #[test]
    fn what_did_not_come_is_told_from_what_is_nothing() {
        let rows = vec![vec![Value::Int(1), Value::Null]];
        assert_eq!(Lists(vec![list(1, 1, Vec::new())]).count(&rows, 10), None);
        assert_eq!(Lists::default().count(&rows, 10), Some(1));
        for torn in ["", "[", "[[1", "[[1]", "7", "[[\"a", "{}", "[[1]}", "[\\"] {
            let found = counted(vec![list(1, 1, Vec::new())], torn, 0);
            assert!(found.is_some(), "{torn}");
        }
    }
}
