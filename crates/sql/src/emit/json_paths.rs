//! Looking into JSON documents.

use super::Emitter;
use crate::{Bind, EmitError, Expr, JsonPaths, JsonStep, Value};

impl Emitter {
    /// A list of documents and some more.
    pub(super) fn json_append(
        &mut self,
        list: &Expr,
        documents: &[Value],
    ) -> Result<(), EmitError> {
        let [before, after, each, end] = match self.capability.json_paths {
            JsonPaths::Postgres => [
                "COALESCE(CAST(",
                " AS JSONB), CAST('[]' AS JSONB))",
                " || jsonb_build_array(CAST(",
                " AS JSONB))",
            ],
            JsonPaths::Sqlite => ["json_insert(COALESCE(", ", '[]')", ", '$[#]', json(", ")"],
            JsonPaths::MySql | JsonPaths::MariaDb => [
                "JSON_MERGE_PRESERVE(COALESCE(",
                ", JSON_ARRAY())",
                ", JSON_ARRAY(JSON_EXTRACT(",
                ", '$'))",
            ],
        };
        if documents.is_empty() {
            return self.expr(list);
        }
        self.around(before, list, after)?;
        for document in documents {
            self.push(each);
            self.bind(Bind::Value(document.clone()))?;
            self.push(end);
        }
        if self.capability.json_paths != JsonPaths::Postgres {
            self.push(")");
        }
        Ok(())
    }

    pub(super) fn json_at(&mut self, document: &Expr, steps: &[JsonStep]) -> Result<(), EmitError> {
        match self.capability.json_paths {
            JsonPaths::Postgres => self.by_steps(document, steps),
            JsonPaths::Sqlite if steps.is_empty() => self.around("json(", document, ")"),
            JsonPaths::Sqlite => {
                self.around("(", document, " -> ")?;
                self.path(steps, "[#-1]")?;
                self.push(")");
                Ok(())
            }
            JsonPaths::MySql | JsonPaths::MariaDb => {
                self.around("JSON_EXTRACT(", document, ", ")?;
                self.path(steps, "[last]")?;
                self.push(")");
                Ok(())
            }
        }
    }

    /// A step at a time, because each kind of step looks into its own kind of document.
    fn by_steps(&mut self, document: &Expr, steps: &[JsonStep]) -> Result<(), EmitError> {
        self.push(&"(".repeat(steps.len()));
        self.around("CAST(", document, " AS JSONB)")?;
        for step in steps {
            self.push(" -> ");
            match step {
                JsonStep::Key(name) => {
                    self.push("CAST(");
                    self.bind(Bind::Value(Value::Text(name.clone())))?;
                    self.push(" AS TEXT)");
                }
                JsonStep::Index(number) => self.push(&number.to_string()),
                JsonStep::Last => self.push("-1"),
            }
            self.push(")");
        }
        Ok(())
    }

    /// `$."a"[0]`, bound.
    fn path(&mut self, steps: &[JsonStep], last: &str) -> Result<(), EmitError> {
        let mut path = "$".to_owned();
        for step in steps {
            match step {
                JsonStep::Key(name) => {
                    let is_plain = !name.contains(['"', '\\']) && !name.contains(char::is_control);
                    if !is_plain {
                        return Err(EmitError::Literal);
                    }
                    path.push_str(".\"");
                    path.push_str(name);
                    path.push('"');
                }
                JsonStep::Index(number) => path.push_str(&format!("[{number}]")),
                JsonStep::Last => path.push_str(last),
            }
        }
        self.bind(Bind::Value(Value::Text(path)))
    }

    pub(super) fn json_equal(&mut self, one: &Expr, other: &Expr) -> Result<(), EmitError> {
        match self.capability.json_paths {
            JsonPaths::Postgres => {
                self.expr(one)?;
                self.around(" = CAST(", other, " AS JSONB)")
            }
            JsonPaths::Sqlite => {
                self.expr(one)?;
                self.around(" = json(", other, ")")
            }
            // As bytes of the text, whose members MySQL puts in order: no collation, and nothing that MariaDB, which
            // stands in for it in tests, reads otherwise.
            JsonPaths::MySql => {
                self.around("CAST(CAST(", one, " AS CHAR) AS BINARY) = ")?;
                self.around(
                    "CAST(CAST(JSON_EXTRACT(",
                    other,
                    ", '$') AS CHAR) AS BINARY)",
                )
            }
            JsonPaths::MariaDb => {
                // It takes null for the same as any document.
                self.around("CASE WHEN ", one, " IS NOT NULL THEN JSON_EQUALS(")?;
                self.expr(one)?;
                self.around(", ", other, ") END")
            }
        }
    }

    pub(super) fn json_text(&mut self, document: &Expr) -> Result<(), EmitError> {
        let (kind, text, end) = match self.capability.json_paths {
            JsonPaths::Postgres => ("jsonb_typeof(", ") = 'string' THEN ", " #>> '{}' END"),
            JsonPaths::Sqlite => ("json_type(", ") = 'text' THEN json_extract(", ", '$') END"),
            JsonPaths::MySql | JsonPaths::MariaDb => {
                ("JSON_TYPE(", ") = 'STRING' THEN JSON_UNQUOTE(", ") END")
            }
        };
        self.push("CASE WHEN ");
        self.around(kind, document, text)?;
        self.around("", document, end)
    }

    pub(super) fn json_number(&mut self, document: &Expr) -> Result<(), EmitError> {
        let (kind, number, end) = match self.capability.json_paths {
            JsonPaths::Postgres => (
                "jsonb_typeof(",
                ") = 'number' THEN CAST(",
                " AS DOUBLE PRECISION) END",
            ),
            JsonPaths::Sqlite => (
                "json_type(",
                ") IN ('integer', 'real') THEN json_extract(",
                ", '$') END",
            ),
            JsonPaths::MySql | JsonPaths::MariaDb => (
                "JSON_TYPE(",
                ") IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN JSON_UNQUOTE(",
                ") + 0e0 END",
            ),
        };
        self.push("CASE WHEN ");
        self.around(kind, document, number)?;
        self.around("", document, end)
    }

    /// Texts are looked at before they are made numbers, since the statement would fail over others.
    pub(super) fn json_exact(&mut self, document: &Expr) -> Result<(), EmitError> {
        let pieces: &[&str] = match self.capability.json_paths {
            JsonPaths::Postgres => &[
                "CASE WHEN jsonb_typeof(",
                ") = 'number' OR (jsonb_typeof(",
                ") = 'string' AND ",
                " #>> '{}' ~ '^-?[0-9]{1,255}([.][0-9]{1,255})?$') THEN CAST(",
                " #>> '{}' AS NUMERIC) END",
            ],
            JsonPaths::Sqlite => &[
                "CASE WHEN json_type(",
                ") IN ('integer', 'real') OR (json_type(",
                ") = 'text' AND json_extract(",
                ", '$') NOT GLOB '*[^-.0-9]*' AND json_valid(json_extract(",
                ", '$'))) THEN CAST(json_extract(",
                ", '$') AS NUMERIC) END",
            ],
            JsonPaths::MySql | JsonPaths::MariaDb => &[
                "CASE WHEN JSON_TYPE(",
                ") IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') OR (JSON_TYPE(",
                ") = 'STRING' AND JSON_UNQUOTE(",
                ") REGEXP '^-?[0-9]{1,35}([.][0-9]+)?$') THEN CAST(JSON_UNQUOTE(",
                ") AS DECIMAL(65, 30)) END",
            ],
        };
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                self.expr(document)?;
            }
            self.push(piece);
        }
        Ok(())
    }

    pub(super) fn json_some(
        &mut self,
        array: &Expr,
        name: &str,
        condition: &Expr,
    ) -> Result<(), EmitError> {
        let (elements, end, columns) = match self.capability.json_paths {
            JsonPaths::Postgres => ("jsonb_array_elements(", ")", "(value)"),
            JsonPaths::Sqlite => ("json_each(", ")", ""),
            JsonPaths::MySql | JsonPaths::MariaDb => (
                "JSON_TABLE(",
                ", '$[*]' COLUMNS (number FOR ORDINALITY))",
                "",
            ),
        };
        self.push("EXISTS (SELECT TRUE FROM ");
        self.push(elements);
        self.push("CASE WHEN ");
        self.json_is_array(array)?;
        self.around(" THEN ", array, " ELSE '[]' END")?;
        self.push(end);
        self.alias(name)?;
        self.push(columns);
        self.push(" WHERE ");
        self.expr(condition)?;
        self.push(")");
        Ok(())
    }

    pub(super) fn json_element(&mut self, array: &Expr, name: &str) -> Result<(), EmitError> {
        match self.capability.json_paths {
            JsonPaths::Postgres => {
                self.identifier(name)?;
                self.push(".value");
            }
            JsonPaths::Sqlite => {
                self.around("(", array, " -> ")?;
                self.identifier(name)?;
                self.push(".fullkey)");
            }
            JsonPaths::MySql | JsonPaths::MariaDb => {
                self.around("JSON_EXTRACT(", array, ", CONCAT('$[', ")?;
                self.identifier(name)?;
                self.push(".number - 1, ']'))");
            }
        }
        Ok(())
    }

    pub(super) fn json_is_array(&mut self, document: &Expr) -> Result<(), EmitError> {
        let (kind, end) = match self.capability.json_paths {
            JsonPaths::Postgres => ("jsonb_typeof(", ") = 'array'"),
            JsonPaths::Sqlite => ("json_type(", ") = 'array'"),
            JsonPaths::MySql | JsonPaths::MariaDb => ("JSON_TYPE(", ") = 'ARRAY'"),
        };
        self.around(kind, document, end)
    }

    pub(super) fn json_has(&mut self, array: &Expr, element: &Expr) -> Result<(), EmitError> {
        match self.capability.json_paths {
            JsonPaths::Postgres => {
                self.operand(array)?;
                self.around(" @> jsonb_build_array(CAST(", element, " AS JSONB))")
            }
            JsonPaths::Sqlite => {
                self.around(
                    "EXISTS (SELECT TRUE FROM json_each(",
                    array,
                    ") AS element WHERE (",
                )?;
                self.expr(array)?;
                self.around(" -> element.fullkey) = json(", element, "))")
            }
            JsonPaths::MySql | JsonPaths::MariaDb => {
                self.around("JSON_CONTAINS(", array, ", ")?;
                self.expr(element)?;
                self.push(")");
                Ok(())
            }
        }
    }
}
