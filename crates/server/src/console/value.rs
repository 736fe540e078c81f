//! Values, as people read them.

use hallpass::data::{Value, calendar};

/// A value on a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// What stands there.
    pub(super) text: String,
    /// How it looks: the name of a class.
    pub(super) look: &'static str,
    /// How many characters it has in all, where some were cut.
    pub(super) cut_from: Option<usize>,
}

impl Cell {
    /// A value of at most this many characters.
    pub(super) fn of(value: &Value, most: usize) -> Self {
        let (text, look) = match value {
            Value::Null => ("null".to_owned(), "null"),
            Value::Bool(truth) => (truth.to_string(), "plain"),
            Value::Int(number) => (number.to_string(), "number"),
            Value::Float(number) => (number.to_string(), "number"),
            Value::Decimal(text) => (text.clone(), "number"),
            Value::Text(text) => (text.clone(), "text"),
            Value::Timestamp(moment) => (calendar::Written(*moment).to_string(), "plain"),
            Value::Json(json) => (json.to_string(), "code"),
            Value::Bytes(bytes) => (sized(bytes.len()), "null"),
            Value::List(values) => {
                let texts: Vec<_> = values.iter().map(|one| Self::of(one, most).text).collect();
                (format!("[{}]", texts.join(", ")), "code")
            }
        };
        match text.char_indices().nth(most) {
            None => Self {
                text,
                look,
                cut_from: None,
            },
            Some((end, _)) => Self {
                cut_from: Some(text.chars().count()),
                text: text.get(..end).unwrap_or_default().to_owned(),
                look,
            },
        }
    }
}

fn sized(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_between_characters() {
        let cell = Cell::of(&Value::from("äöü🪴x"), 4);
        assert_eq!((cell.text.as_str(), cell.cut_from), ("äöü🪴", Some(5)));
        let cell = Cell::of(&Value::from("äöü🪴"), 4);
        assert_eq!((cell.text.as_str(), cell.cut_from), ("äöü🪴", None));
    }

    #[test]
    fn what_is_nothing_looks_otherwise_than_its_name() {
        let null = Cell::of(&Value::Null, 10);
        let text = Cell::of(&Value::from("null"), 10);
        assert_eq!(null.text, text.text);
        assert_ne!(null.look, text.look);
        let bytes = Cell::of(&Value::Bytes(vec![1, 2]), 10);
        assert_eq!(bytes.text, "2 bytes");
        let list = Value::List(vec![Value::Int(1), Value::from("a")]);
        assert_eq!(Cell::of(&list, 10).text, "[1, a]");
    }
}
