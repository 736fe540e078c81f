//! Which member of a service's profile means what, as data.
//!
//! A mapping is written as people say it, in the words of contract authjs §11:
//!
//! | text | means |
//! |---|---|
//! | `email` | this member |
//! | `data.user.id`, `emails[0].value` | a member within a member, an item of a list |
//! | `emails[primary].email` | the same of the first item in which `primary` is `true` |
//! | `name or login` | the first of these that has a value |
//! | `{first_name} {last_name}` | the words that are there, with blanks between |
//! | `https://img.example.com/{id}.jpg` | an address, with values percent-encoded into it |
//!
//! Whether the mail address was checked is written so:
//!
//! | text | means |
//! |---|---|
//! | `email_verified` | this member is `true`, `1` or a text of these |
//! | `is_valid and is_verified` | both are |
//! | `confirmed_at is set` | this member holds anything |
//!
//! SECURITY: a profile is hostile. An identity that is too long is refused, since a shortened one may be somebody else's;
//! other texts are shortened; an image is an `http` address of sensible length or nothing.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Profile, ProfileError};

/// The longest identity at a service, in bytes: what columns of accounts take everywhere.
const MAX_ID_BYTES: usize = 255;

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 255;

/// The longest of all other texts, in bytes.
const MAX_TEXT_BYTES: usize = 2048;

/// What is not encoded in an address. `/` stays: some services give paths.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// The texts of a mapping; an empty one means that the service does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members<'a> {
    /// Who it is: a text, or a whole number.
    pub id: &'a str,
    /// Shown name.
    pub name: &'a str,
    /// Mail address.
    pub email: &'a str,
    /// Whether the service checked that address.
    pub email_verified: &'a str,
    /// Address of a picture.
    pub image: &'a str,
    /// Texts for further members of the user: their names there, and here.
    pub extra: &'a [(&'a str, &'a str)],
}

impl Members<'static> {
    /// The standard claims (contract authjs §5.3.5, OpenID Connect Core 1.0 §5.1).
    pub const STANDARD: Self = Self {
        id: "sub or id",
        name: "name or nickname or preferred_username",
        email: "email",
        email_verified: "email_verified",
        image: "picture",
        extra: &[],
    };

    /// Nothing but an identity in `id`.
    pub const NONE: Self = Self {
        id: "id",
        name: "",
        email: "",
        email_verified: "",
        image: "",
        extra: &[],
    };
}

/// Why a mapping was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` does not name a member of a profile")]
pub struct MappingError {
    /// The text.
    pub text: String,
}

/// Which member of a profile means what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileMapping {
    id: Text,
    name: Text,
    email: Text,
    email_verified: Vec<Condition>,
    image: Text,
    extra: Vec<(String, Text)>,
}

impl ProfileMapping {
    /// The mapping that these texts describe.
    ///
    /// # Errors
    /// [`MappingError`] when one of them cannot be read, and when `id` is empty.
    pub fn parse(members: Members<'_>) -> Result<Self, MappingError> {
        let id = Text::parse(members.id)?;
        if id.0.is_empty() {
            return Err(refused(members.id));
        }
        let extra = members.extra.iter();
        let extra = extra.map(|(name, text)| Ok(((*name).to_owned(), Text::parse(text)?)));
        Ok(Self {
            id,
            name: Text::parse(members.name)?,
            email: Text::parse(members.email)?,
            email_verified: conditions(members.email_verified)?,
            image: Text::parse(members.image)?,
            extra: extra.collect::<Result<_, MappingError>>()?,
        })
    }

    /// The standard claims.
    pub fn standard() -> Self {
        let of = |names: &[&str]| {
            let members = names
                .iter()
                .map(|name| vec![Step::Member((*name).to_owned())]);
            Text(members.map(|steps| Source::Member(Path(steps))).collect())
        };
        Self {
            id: of(&["sub", "id"]),
            name: of(&["name", "nickname", "preferred_username"]),
            email: of(&["email"]),
            email_verified: vec![Condition::Says(Path(vec![Step::Member(
                "email_verified".to_owned(),
            )]))],
            image: of(&["picture"]),
            extra: Vec::new(),
        }
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError`] when it does not say who it is.
    pub fn read(&self, profile: &Value) -> Result<Profile, ProfileError> {
        let extra = self.extra.iter().filter_map(|(name, text)| {
            Some((
                name.clone(),
                Value::String(short_text(text.read(profile)?)?),
            ))
        });
        let id = self.id.first_present(profile);
        let id = id.filter(|id| id.len() <= MAX_ID_BYTES);
        Ok(Profile {
            id: id.ok_or(ProfileError { member: "id" })?,
            name: self.name.read(profile).map(short_name),
            email: self.email.read(profile).and_then(short_text),
            email_verified: self.is_email_verified(profile),
            image: self.image.read(profile).and_then(image),
            extra: extra.collect::<Map<_, _>>(),
        })
    }

    /// `None` where the service says nothing.
    fn is_email_verified(&self, profile: &Value) -> Option<bool> {
        let mut answers = self.email_verified.iter().map(|one| one.holds(profile));
        let first = answers.next()??;
        answers.try_fold(first, |all, one| Some(all && one?))
    }
}

impl Default for ProfileMapping {
    fn default() -> Self {
        Self::standard()
    }
}

/// Where a text comes from: the first of these that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text(Vec<Source>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Member(Path),
    Words(Vec<Path>),
    /// What stands before each value, and the value; then the rest.
    Address(Vec<(String, Path)>, String),
}

impl Text {
    fn parse(text: &str) -> Result<Self, MappingError> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let sources = text.split(" or ").map(Source::parse);
        Ok(Self(sources.collect::<Result<_, _>>()?))
    }

    fn read(&self, profile: &Value) -> Option<String> {
        self.0.iter().find_map(|source| source.read(profile))
    }

    /// What the first source says that the profile has, whether or not that can be used.
    ///
    /// SECURITY: GHSA-5hvv-9cqv-894r: who has an unusable `sub` must not become who has that `id`: they are names of two kinds.
    fn first_present(&self, profile: &Value) -> Option<String> {
        let mut sources = self.0.iter();
        sources.find(|source| source.is_in(profile))?.read(profile)
    }
}

impl Source {
    fn parse(text: &str) -> Result<Self, MappingError> {
        if text.starts_with("https://") {
            return Self::address(text);
        }
        if !text.contains('{') {
            return Ok(Self::Member(Path::parse(text)?));
        }
        let word = |word: &str| {
            let path = word
                .strip_prefix('{')
                .and_then(|word| word.strip_suffix('}'));
            Path::parse(path.ok_or_else(|| refused(text))?)
        };
        Ok(Self::Words(
            text.split(' ').map(word).collect::<Result<_, _>>()?,
        ))
    }

    fn address(text: &str) -> Result<Self, MappingError> {
        let mut values = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (path, after) = after.split_once('}').ok_or_else(|| refused(text))?;
            values.push((before.to_owned(), Path::parse(path)?));
            rest = after;
        }
        Ok(Self::Address(values, rest.to_owned()))
    }

    /// Whether the profile has any member of it.
    fn is_in(&self, profile: &Value) -> bool {
        match self {
            Self::Member(path) => path.find(profile).is_some(),
            Self::Words(paths) => paths.iter().any(|path| path.find(profile).is_some()),
            Self::Address(values, _) => values.iter().any(|(_, path)| path.find(profile).is_some()),
        }
    }

    fn read(&self, profile: &Value) -> Option<String> {
        match self {
            Self::Member(path) => path.text(profile),
            Self::Words(paths) => {
                let words: Vec<_> = paths.iter().filter_map(|path| path.text(profile)).collect();
                Some(words.join(" ")).filter(|words| !words.is_empty())
            }
            Self::Address(values, rest) => {
                let mut address = String::new();
                for (before, path) in values {
                    let value = path.text(profile)?;
                    address.push_str(before);
                    address.extend(utf8_percent_encode(value.trim_start_matches('/'), PLAIN));
                }
                address.push_str(rest);
                Some(address)
            }
        }
    }
}

/// What says that an address was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Says(Path),
    IsSet(Path),
}

fn conditions(text: &str) -> Result<Vec<Condition>, MappingError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let one = |text: &str| match text.strip_suffix(" is set") {
        Some(path) => Ok(Condition::IsSet(Path::parse(path)?)),
        None => Ok(Condition::Says(Path::parse(text)?)),
    };
    text.split(" and ").map(one).collect()
}

impl Condition {
    /// Services write it as a boolean, as a number, and (Apple, Cognito) as a text.
    fn holds(&self, profile: &Value) -> Option<bool> {
        match self {
            Self::Says(path) => match path.find(profile)? {
                Value::Bool(says) => Some(*says),
                Value::Number(number) => Some(number.as_u64() == Some(1)),
                Value::String(text) => Some(matches!(text.as_str(), "true" | "1")),
                _ => None,
            },
            Self::IsSet(path) => Some(path.find(profile).is_some_and(|value| {
                !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty())
            })),
        }
    }
}

/// Where in a profile something is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
    /// The first item in which this member is true.
    Marked(String),
}

impl Path {
    fn parse(text: &str) -> Result<Self, MappingError> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (member, items) = match part.split_once('[') {
                Some((member, items)) => (member, Some(items)),
                None => (part, None),
            };
            if member.is_empty() || member.contains([' ', '{', '}', ']']) {
                return Err(refused(text));
            }
            steps.push(Step::Member(member.to_owned()));
            if let Some(items) = items {
                let item = items.strip_suffix(']').filter(|item| !item.is_empty());
                let item = item.ok_or_else(|| refused(text))?;
                let index = item.parse().map(Step::Item);
                steps.push(index.unwrap_or_else(|_| Step::Marked(item.to_owned())));
            }
        }
        Ok(Self(steps))
    }

    fn find<'a>(&self, profile: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(profile, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.get(index),
            Step::Marked(name) => {
                let mut items = value.as_array()?.iter();
                items.find(|item| item.get(name) == Some(&Value::Bool(true)))
            }
        })
    }

    /// A text that is not empty, or a whole number as one.
    fn text(&self, profile: &Value) -> Option<String> {
        match self.find(profile)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            _ => None,
        }
    }
}

fn refused(text: &str) -> MappingError {
    MappingError {
        text: text.to_owned(),
    }
}

fn short_name(name: String) -> String {
    if name.len() <= MAX_NAME_CHARS {
        return name;
    }
    name.chars().take(MAX_NAME_CHARS).collect()
}

fn short_text(text: String) -> Option<String> {
    Some(text).filter(|text| text.len() <= MAX_TEXT_BYTES)
}

/// SECURITY: applications show it as it is: neither `javascript:` nor a `data:` address of a megabyte goes into a cookie.
fn image(address: String) -> Option<String> {
    let scheme = ["https://", "http://"];
    let is_web = scheme.iter().any(|scheme| address.starts_with(scheme));
    let is_plain = !address.contains(|sign: char| sign.is_control() || sign.is_whitespace());
    short_text(address).filter(|_| is_web && is_plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(text: &str, profile: &Value) -> Option<String> {
        let mapping = ProfileMapping::parse(Members {
            name: text,
            ..Members::NONE
        });
        mapping.unwrap().read(profile).unwrap().name
    }

    #[test]
    fn members_are_found_wherever_they_stand() {
        let profile = json!({
            "id": 7, "name": "Ada", "empty": "", "none": null, "number": 3,
            "data": { "deep": { "name": "deep" } }, "list": [{ "name": "first" }, "second"],
            "marked": [{ "name": "no", "main": false }, { "name": "yes", "main": true }],
        });
        let rows = [
            ("", None),
            ("name", Some("Ada")),
            ("absent", None),
            ("empty", None),
            ("none", None),
            ("data", None),
            ("number", Some("3")),
            ("absent or empty or none or name", Some("Ada")),
            ("data.deep.name", Some("deep")),
            ("list[0].name", Some("first")),
            ("list[1]", Some("second")),
            ("list[2]", None),
            ("marked[main].name", Some("yes")),
            ("marked[absent].name", None),
            ("name[main].name", None),
            ("name.deep", None),
            ("{name} {list[1]}", Some("Ada second")),
            ("{absent} {name}", Some("Ada")),
            ("{absent} {empty}", None),
            ("{absent} or name", Some("Ada")),
            (
                "https://a.example/{name}/{id}.png",
                Some("https://a.example/Ada/7.png"),
            ),
            ("https://a.example/{absent}.png or name", Some("Ada")),
        ];
        for (text, expected) in rows {
            assert_eq!(name(text, &profile).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_name_no_member_are_refused() {
        for text in [
            "a..b",
            ".a",
            "a[",
            "a[]",
            "a[0",
            "{a",
            "{a} b",
            "a b",
            "https://a.example/{a",
            "a or ",
        ] {
            let members = Members {
                name: text,
                ..Members::NONE
            };
            assert!(ProfileMapping::parse(members).is_err(), "{text}");
        }
        let nobody = Members {
            id: "",
            ..Members::NONE
        };
        assert!(ProfileMapping::parse(nobody).is_err());
    }

    #[test]
    fn ghsa_5hvv_9cqv_894r_a_profile_without_identity_is_no_person() {
        for profile in [
            json!({}),
            json!({ "sub": "" }),
            json!({ "sub": null }),
            json!({ "sub": 1.5 }),
            json!({ "sub": ["x"] }),
            json!({ "sub": true }),
            json!({ "sub": "", "id": "someone" }),
            json!({ "sub": null, "id": "someone" }),
            json!({ "sub": "x".repeat(256) }),
            json!([]),
            json!("x"),
            json!(null),
        ] {
            assert_eq!(
                ProfileMapping::standard().read(&profile),
                Err(ProfileError { member: "id" }),
                "{profile}"
            );
        }
    }

    #[test]
    fn the_standard_mapping_is_the_one_its_texts_describe() {
        assert_eq!(
            ProfileMapping::parse(Members::STANDARD),
            Ok(ProfileMapping::standard())
        );
    }

    #[test]
    fn whether_the_address_was_checked_is_said_or_not_said() {
        let rows = [
            ("", json!({}), None),
            ("v", json!({}), None),
            ("v", json!({ "v": true }), Some(true)),
            ("v", json!({ "v": false }), Some(false)),
            ("v", json!({ "v": "true" }), Some(true)),
            ("v", json!({ "v": "false" }), Some(false)),
            ("v", json!({ "v": "yes" }), Some(false)),
            ("v", json!({ "v": 1 }), Some(true)),
            ("v", json!({ "v": 0 }), Some(false)),
            ("v", json!({ "v": [] }), None),
            ("v and w", json!({ "v": true, "w": true }), Some(true)),
            ("v and w", json!({ "v": true, "w": false }), Some(false)),
            ("v and w", json!({ "v": true }), None),
            ("v is set", json!({ "v": "2026-01-01" }), Some(true)),
            ("v is set", json!({ "v": null }), Some(false)),
            ("v is set", json!({}), Some(false)),
        ];
        for (text, mut profile, expected) in rows {
            profile["id"] = json!("x");
            let members = Members {
                email_verified: text,
                ..Members::NONE
            };
            let read = ProfileMapping::parse(members).unwrap().read(&profile);
            assert_eq!(read.unwrap().email_verified, expected, "{text} {profile}");
        }
    }

    #[test]
    fn hostile_texts_are_bounded_and_images_are_web_addresses() {
        let image = |address: &str| {
            let profile = json!({ "sub": "x", "picture": address });
            ProfileMapping::standard().read(&profile).unwrap().image
        };
        let good = "https://img.example.com/a.png?s=48";
        assert_eq!(image(good).as_deref(), Some(good));
        for address in [
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "//a.example/x",
            "https://a.example/ x",
            &format!("https://a.example/{}", "x".repeat(2048)),
        ] {
            assert_eq!(image(address), None, "{address}");
        }
        let long = json!({ "sub": "x", "name": "é".repeat(300), "email": "x".repeat(2049) });
        let read = ProfileMapping::standard().read(&long).unwrap();
        assert_eq!(read.name, Some("é".repeat(255)));
        assert_eq!(read.email, None);
    }

    #[test]
    fn values_cannot_leave_their_place_in_an_address() {
        let profile = json!({ "id": "x", "v": "/../a b?c#d@evil.example" });
        assert_eq!(
            name("https://a.example/p/{v}.png", &profile).as_deref(),
            Some("https://a.example/p/../a%20b%3Fc%23d%40evil.example.png")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_and_no_profile_panics(text in "[a-z{}\\[\\]. 0]{0,24}( or [a-z]{0,3})?", value in "[^\"\\\\\\p{C}]{0,20}") {
            let members = Members { id: &text, name: &text, image: &text, email_verified: &text, ..Members::NONE };
            if let Ok(mapping) = ProfileMapping::parse(members) {
                let _ = mapping.read(&json!({ "a": value, "id": [value] }));
            }
        }
    }
}
