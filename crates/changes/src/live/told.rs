use serde_json::{Value, json};

/// PostgreSQL takes 7999 bytes.
const MOST_BYTES: usize = 7900;

/// What a process tells others: which tables it wrote to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Which process.
    pub(super) by: String,
    /// The tables; absent where it may have been any.
    pub(super) tables: Option<Vec<String>>,
}

impl Told {
    pub(super) fn message(&self) -> String {
        let whole = json!({"by": self.by, "tables": self.tables}).to_string();
        if whole.len() <= MOST_BYTES {
            return whole;
        }
        json!({"by": self.by, "tables": null}).to_string()
    }

    /// `None` for what is no such message.
    pub(super) fn read(message: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(message).ok()?;
        let by = message.get("by")?.as_str()?.to_owned();
        let tables = match message.get("tables")? {
            Value::Null => None,
            Value::Array(tables) => {
                let names = tables.iter().map(|table| table.as_str().map(str::to_owned));
                Some(names.collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        };
        Some(Self { by, tables })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_as_it_was() {
        let told = |tables| Told {
            by: "one".to_owned(),
            tables,
        };
        for tables in [
            None,
            Some(Vec::new()),
            Some(vec!["todo".to_owned(), "it's \"odd\"\n".to_owned()]),
        ] {
            let told = told(tables);
            assert_eq!(Told::read(&told.message()), Some(told));
        }
        let many = told(Some(vec!["x".repeat(60); 200]));
        assert_eq!(Told::read(&many.message()), Some(told(None)));
        for wrong in [
            "",
            "x",
            "{}",
            "[]",
            r#"{"by":1,"tables":[]}"#,
            r#"{"by":"a","tables":[1]}"#,
            r#"{"by":"a"}"#,
        ] {
            assert_eq!(Told::read(wrong), None, "{wrong}");
        }
    }
}
