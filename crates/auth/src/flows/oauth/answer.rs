//! What a service sends back with the browser, before anybody looks at it: `oauth::callback` judges it.

use std::fmt;

use crate::request::Fields;

/// The longest answer that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// What of a form is kept. A service may post more.
const OF_A_FORM: [&str; 9] = [
    "code",
    "state",
    "iss",
    "error",
    "user",
    "response",
    "id_token",
    "token",
    "access_token",
];

/// The answer is longer than any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is too long")]
pub(crate) struct TooLong;

/// The parameters of a callback, in order.
#[derive(Clone)]
pub(super) struct Answer(Vec<(String, String)>);

impl Answer {
    /// Reads a query.
    pub(super) fn of_query(query: &str) -> Result<Self, TooLong> {
        if query.len() > MAX_BYTES {
            return Err(TooLong);
        }
        let pairs = form_urlencoded::parse(query.as_bytes());
        Ok(Self(pairs.into_owned().collect()))
    }

    /// Reads a form.
    pub(super) fn of_form(form: &Fields) -> Result<Self, TooLong> {
        let known = OF_A_FORM.into_iter();
        let pairs = known.filter_map(|name| Some((name.to_owned(), form.text(name)?.to_owned())));
        let answer = Self(pairs.collect());
        // Measured as a query is.
        if answer.to_query().len() > MAX_BYTES {
            return Err(TooLong);
        }
        Ok(answer)
    }

    /// As a query again.
    pub(super) fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    pub(super) fn parameters(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first parameter of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Names only: the values are secrets.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_are_bounded_and_do_not_print() {
        let long = format!("code={}", "c".repeat(MAX_BYTES));
        assert!(Answer::of_query(&long).is_err());
        assert!(Answer::of_form(&Fields::form(long.as_bytes())).is_err());
        let answer = Answer::of_query("code=planted&state=planted").unwrap();
        assert!(!format!("{answer:?}").contains("planted"));
    }

    #[test]
    fn of_a_form_only_what_is_known_is_kept() {
        let answer = Answer::of_form(&Fields::form(b"code=c&x=y&user=%7B%7D&csrfToken=t")).unwrap();
        assert_eq!(answer.to_query(), "code=c&user=%7B%7D");
    }

    proptest! {
        #[test]
        fn an_answer_survives_its_query(pairs in proptest::collection::vec((".{0,40}", ".{0,40}"), 0..8)) {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&pairs)
                .finish();
            let read = Answer::of_query(&query).unwrap();
            prop_assert_eq!(read.parameters(), pairs.as_slice());
            let again = Answer::of_query(&read.to_query()).unwrap();
            prop_assert_eq!(again.parameters(), pairs.as_slice());
        }
    }
}
