//! What stands behind the question mark.

use hallpass::data::zmodel::schema::Model;
use url::form_urlencoded::{Serializer, parse};

/// The person whose eyes are borrowed.
pub(super) const AS: &str = "as";
/// What begins the names of the fields of a row's id: `row.id`.
pub(super) const ROW: &str = "row";
/// The same of the row after which a page begins.
pub(super) const AFTER: &str = "after";

/// Names and values, as somebody sent them.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(text: &str) -> Self {
        let pairs = parse(text.as_bytes());
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of this name, without blanks around it; an empty one is none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.first(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// What names a row of the model; `None` where a part is missing.
    pub(super) fn key(&self, prefix: &str, model: &Model) -> Option<Vec<String>> {
        let parts = model.id.iter();
        let parts = parts.map(|name| self.first(&format!("{prefix}.{name}")));
        let parts: Option<Vec<_>> = parts.map(|part| part.map(str::to_owned)).collect();
        parts.filter(|parts| parts.iter().any(|part| !part.is_empty()))
    }

    fn first(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(one, _)| one == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Names and values for a link or a form.
pub(super) type Pairs = Vec<(String, String)>;

/// How the row of this key is named.
pub(super) fn pairs(prefix: &str, model: &Model, key: &[String]) -> Pairs {
    let named = model.id.iter().zip(key);
    named
        .map(|(name, text)| (format!("{prefix}.{name}"), text.clone()))
        .collect()
}

/// A link.
pub(super) fn href(path: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_read_again() {
        let sent = vec![("row.a&b".to_owned(), "1=2 + \"3\"".to_owned())];
        let href = href("/console", &sent);
        let (_, query) = href.split_once('?').unwrap();
        assert_eq!(Query::of(query).0, sent);
    }

    #[test]
    fn whatever_is_sent_is_no_error() {
        for text in ["", "&&", "=", "as", "as=%ff", "as=%", "as=+&as=x"] {
            let query = Query::of(text);
            assert!(
                query.text("as").is_none_or(|text| !text.is_empty()),
                "{text}"
            );
        }
        assert_eq!(Query::of("as=+7+").text("as"), Some("7"));
    }
}
