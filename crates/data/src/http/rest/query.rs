//! The parameters of a query, by families: `filter[…]`, `sort`, `page[…]`, `include`, `fields[…]`.

use url::form_urlencoded;

use super::problem::{Code, Problem};

/// Parameters that a query may have.
const MAX_PARAMETERS: usize = 200;
/// Names in the brackets of one parameter.
const MAX_NAMES: usize = 8;

/// The parameters of a query, decoded, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        let pairs: Vec<_> = pairs.take(MAX_PARAMETERS + 1).collect();
        if pairs.len() > MAX_PARAMETERS {
            return Err(
                Code::InvalidValue.because(format!("more than {MAX_PARAMETERS} parameters"))
            );
        }
        Ok(Self { pairs })
    }

    /// The values of a parameter, each time it is given.
    pub(super) fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        let found = self.pairs.iter().filter(move |(one, _)| one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter; the last one, where it is given several times.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// The items of the comma lists of a parameter.
    pub(super) fn list<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        self.all(name).flat_map(items)
    }

    /// The conditions: names in brackets, and the value. One without a value says nothing.
    pub(super) fn filters(&self) -> Result<Vec<(Vec<&str>, &str)>, Problem> {
        let of_family = self
            .pairs
            .iter()
            .filter(|(name, _)| name.starts_with("filter"));
        let mut filters = Vec::new();
        for (name, value) in of_family {
            let names = bracketed(name, "filter").ok_or_else(|| Code::InvalidFilter.bare())?;
            if !value.is_empty() {
                filters.push((names, value.as_str()));
            }
        }
        Ok(filters)
    }

    /// The field sets: the name of the type, and the names of its fields.
    pub(super) fn field_sets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .filter_map(|(name, value)| match bracketed(name, "fields").as_deref() {
                Some([kind]) => Some((*kind, value.as_str())),
                _ => None,
            })
    }

    /// What says which resources these are, whatever the page.
    pub(super) fn but_for_pages(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.pairs.iter();
        let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| {
            matches!(*name, "sort" | "include")
                || name.starts_with("filter[")
                || name.starts_with("fields[")
        })
    }
}

/// The items of a comma list that are not empty.
pub(super) fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|item| !item.is_empty())
}

/// The names of `family[a][b]`.
fn bracketed<'n>(name: &'n str, family: &str) -> Option<Vec<&'n str>> {
    let inner = name
        .strip_prefix(family)?
        .strip_prefix('[')?
        .strip_suffix(']')?;
    let names: Vec<_> = inner.split("][").collect();
    let is_name = |name: &&str| !name.is_empty() && !name.contains(['[', ']']);
    (names.len() <= MAX_NAMES && names.iter().all(is_name)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_brackets() {
        assert_eq!(bracketed("filter[a]", "filter"), Some(vec!["a"]));
        assert_eq!(
            bracketed("filter[a][b$gt]", "filter"),
            Some(vec!["a", "b$gt"])
        );
        for wrong in [
            "filter",
            "filter[",
            "filter[]",
            "filter[a",
            "filter[a][]",
            "filter[[a]]",
            "filter[a]b",
            "filters[a]",
        ] {
            assert_eq!(bracketed(wrong, "filter"), None, "{wrong}");
        }
        assert_eq!(
            bracketed(&format!("filter{}", "[a]".repeat(9)), "filter"),
            None
        );
    }

    #[test]
    fn a_query_is_bounded() {
        assert!(Query::read(&"a=1&".repeat(MAX_PARAMETERS)).is_ok());
        assert!(Query::read(&"a=1&".repeat(MAX_PARAMETERS + 1)).is_err());
    }

    #[test]
    fn repeated_parameters_are_all_there() {
        let query = Query::read("include=a,b&include=,c&page%5Blimit%5D=1&page[limit]=2").unwrap();
        assert_eq!(query.list("include").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(query.last("page[limit]"), Some("2"));
        assert_eq!(query.last("sort"), None);
    }
}
