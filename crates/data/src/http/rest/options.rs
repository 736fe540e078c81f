//! Settings of the JSON:API routes.
//!
//! Source: contract zenstack §4.4.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::charset::Charset;

/// What the JSON:API routes look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestOptions {
    /// What links begin with, without a slash at its end: an address, or a path such as `/api/rest`.
    pub endpoint: String,
    /// How many resources a page has when nothing is said, and at most.
    pub page_size: PageSize,
    /// What stands between the values of an id of several fields.
    pub id_divider: String,
    /// Characters that a segment of a path may have, as in a character class of a regular expression. `%` stands for
    /// all that is percent-encoded.
    pub url_segment_charset: String,
    /// Names of models in paths, by their names in the schema. Others go by their own name with a small first letter.
    pub model_name_mapping: BTreeMap<String, String>,
    /// What identifies resources instead of the identity of the model: the name of a unique field, or of a unique key
    /// of several (`name_source`), by the model's name in the schema.
    pub external_id_mapping: BTreeMap<String, String>,
    /// Whether rows of a relation have paths of their own: `/user/1/posts/2`.
    pub nested_routes: bool,
    /// How many identifiers a relationship of a resource names; of a relationship with more only the links are given.
    pub linkage: NonZeroU32,
}

/// How many resources a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSize {
    /// So many.
    Rows(NonZeroU32),
    /// All there are, as far as the bounds of the client allow.
    Unlimited,
}

impl PageSize {
    /// What the contract takes where nothing is set.
    pub const DEFAULT: Self = Self::Rows(ROWS);
}

/// Rows of a page.
// invariant: worked out when this is compiled, and 100 is not zero.
const ROWS: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Identifiers of a relationship.
const LINKAGE: NonZeroU32 = ROWS;

impl Default for RestOptions {
    fn default() -> Self {
        Self {
            endpoint: "/api/rest".to_owned(),
            page_size: PageSize::DEFAULT,
            id_divider: "_".to_owned(),
            url_segment_charset: "a-zA-Z0-9-_~ %".to_owned(),
            model_name_mapping: BTreeMap::new(),
            external_id_mapping: BTreeMap::new(),
            nested_routes: false,
            linkage: LINKAGE,
        }
    }
}

impl RestOptions {
    /// Whether the divider and the characters are such, whatever the schema is.
    ///
    /// # Errors
    /// [`RestOptionsError::Divider`] and [`RestOptionsError::Charset`].
    pub fn check(&self) -> Result<(), RestOptionsError> {
        // A comma stands between ids in filters.
        if self.id_divider.is_empty() || self.id_divider.contains(['%', '/', ',']) {
            return Err(RestOptionsError::Divider);
        }
        Charset::read(&self.url_segment_charset).map(drop)
    }
}

/// Why settings and a schema do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestOptionsError {
    /// A mapping names a model that the schema does not have.
    #[error("`{setting}` names the model `{model}`, which the schema does not have")]
    UnknownModel {
        /// The setting.
        setting: &'static str,
        /// The model.
        model: String,
    },
    /// What is to identify resources is not unique.
    #[error("`{key}`, which is to identify resources of `{model}`, is no unique key of it")]
    NotUnique {
        /// The model.
        model: String,
        /// The key.
        key: String,
    },
    /// Two models have the same name in paths.
    #[error("`{segment}` is the name of two models in paths")]
    Ambiguous {
        /// The name.
        segment: String,
    },
    /// The name of a model in paths is none that a path can have.
    #[error("`{segment}` cannot be the name of a model in paths")]
    Segment {
        /// The name.
        segment: String,
    },
    /// The divider of ids would not be told from other parts of a path.
    #[error("the divider of ids must be of one or more characters other than `%`, `/` and `,`")]
    Divider,
    /// The character class is no such.
    #[error("the characters of path segments are no list such as `a-zA-Z0-9-_~ %`")]
    Charset,
}
