//! `LIKE` in time that grows with the text, in place of SQLite's own.
//!
//! SQLite's takes as long as text and pattern multiplied, and nothing stops it before it is done with a value: neither an
//! interrupt nor a limit of time. Whoever may store a megabyte and look for half a megabyte in it would keep the one writer,
//! and with it everybody, waiting for minutes. This one answers the same, text by text.

use std::borrow::Cow;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

/// Replaces both forms: with `ESCAPE`, and without.
pub(super) fn install(connection: &Connection) -> Result<()> {
    // Innocuous: triggers and views may call it as they may call the one it replaces.
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    for arguments in [2, 3] {
        connection.create_scalar_function("like", arguments, flags, like)?;
    }
    Ok(())
}

/// `text LIKE pattern ESCAPE escape` is `like(pattern, text, escape)`.
fn like(context: &Context<'_>) -> Result<Option<bool>> {
    let escape = match context.len() {
        2 => None,
        _ => match text(context.get_raw(2)) {
            Some(escape) => Some(only_sign(&escape)?),
            None => return Ok(None),
        },
    };
    let Some(text) = text(context.get_raw(1)) else {
        return Ok(None);
    };
    // Kept from row to row where the pattern is the same for all of them.
    let pattern = context.get_or_create_aux(0, |value| {
        Ok::<_, Error>(self::text(value).map(|pattern| Pattern::new(&pattern, escape)))
    })?;
    Ok(pattern.as_ref().as_ref().map(|pattern| pattern.fits(&text)))
}

fn only_sign(escape: &str) -> Result<char> {
    let mut signs = escape.chars();
    match (signs.next(), signs.next()) {
        (Some(sign), None) => Ok(sign),
        _ => Err(Error::UserFunctionError(
            "ESCAPE expression must be a single character".into(),
        )),
    }
}

fn text(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(Cow::Owned(number.to_string())),
        ValueRef::Real(number) => Some(Cow::Owned(format!("{number:?}"))),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

/// Letters of ASCII are alike in both cases, and no others: as SQLite has it.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// What stands between two `%`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Piece {
    /// Texts with one sign of any kind between each two of them.
    texts: Vec<String>,
}

impl Piece {
    /// How many bytes of the beginning of a text are this piece.
    fn at_start(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for (position, part) in self.texts.iter().enumerate() {
            if position > 0 {
                let mut signs = rest.chars();
                signs.next()?;
                rest = signs.as_str();
            }
            rest = rest.strip_prefix(part.as_str())?;
        }
        Some(text.len() - rest.len())
    }

    /// What comes after the first place where this piece is.
    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        if let [only] = self.texts.as_slice() {
            return text.split_once(only.as_str()).map(|(_, after)| after);
        }
        let places = text.char_indices().map(|(place, _)| place);
        let mut rests = places.filter_map(|place| text.get(place..));
        rests.find_map(|rest| self.at_start(rest).and_then(|length| rest.get(length..)))
    }

    fn is_end_of(&self, text: &str) -> bool {
        if let [only] = self.texts.as_slice() {
            return text.ends_with(only.as_str());
        }
        let between = self.texts.len().saturating_sub(1);
        let signs: usize = self.texts.iter().map(|part| part.chars().count()).sum();
        let last = (signs + between).checked_sub(1);
        let start = last.map_or(Some(text.len()), |last| {
            text.char_indices().rev().nth(last).map(|(place, _)| place)
        });
        let end = start.and_then(|start| text.get(start..));
        end.is_some_and(|end| self.at_start(end) == Some(end.len()))
    }
}

/// A pattern, in small letters.
#[derive(Debug)]
struct Pattern {
    first: Piece,
    /// The others, each after a `%`.
    others: Vec<Piece>,
    /// Its last sign escapes nothing: no text fits.
    is_broken: bool,
}

impl Pattern {
    fn new(pattern: &str, escape: Option<char>) -> Self {
        let mut pieces = vec![vec![String::new()]];
        let mut is_broken = false;
        let folded = pattern.to_ascii_lowercase();
        let escape = escape.map(|sign| sign.to_ascii_lowercase());
        let mut signs = folded.chars();
        while let Some(sign) = signs.next() {
            let literal = if Some(sign) == escape {
                is_broken = signs.as_str().is_empty();
                signs.next()
            } else {
                match sign {
                    '%' => {
                        pieces.push(vec![String::new()]);
                        None
                    }
                    '_' => {
                        pieces
                            .last_mut()
                            .into_iter()
                            .for_each(|texts| texts.push(String::new()));
                        None
                    }
                    sign => Some(sign),
                }
            };
            if let (Some(sign), Some(text)) = (
                literal,
                pieces.last_mut().and_then(|texts| texts.last_mut()),
            ) {
                text.push(sign);
            }
        }
        let mut pieces = pieces.into_iter().map(|texts| Piece { texts });
        Self {
            first: pieces.next().unwrap_or_default(),
            others: pieces.collect(),
            is_broken,
        }
    }

    fn fits(&self, text: &str) -> bool {
        let text = folded(text);
        let Some(length) = self.first.at_start(&text).filter(|_| !self.is_broken) else {
            return false;
        };
        let Some((last, middle)) = self.others.split_last() else {
            return length == text.len();
        };
        let rest = middle
            .iter()
            .try_fold(text.get(length..).unwrap_or_default(), |rest, piece| {
                piece.after_first(rest)
            });
        rest.is_some_and(|rest| last.is_end_of(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 24] = [
        "",
        "a",
        "A",
        "ab",
        "aab",
        "aaab",
        "abab",
        "ba",
        "bab",
        "abc",
        "a%c",
        "a_c",
        "a!c",
        "%",
        "_",
        "!",
        "é",
        "É",
        "aéb",
        "ÀB",
        "日本語",
        "a日b",
        "aXbXc",
        "xxabxxab",
    ];
    const PATTERNS: [&str; 40] = [
        "", "%", "%%", "_", "__", "%_", "_%", "_%_", "a", "A", "a%", "%a", "%a%", "a%b", "%ab",
        "ab%", "%ab%", "%a%b%", "a_c", "a!_c", "a!%c", "a!!c", "!", "a!", "!%", "!_", "é", "É",
        "_é_", "%é%", "日%", "%本%", "%語", "_本_", "a_b", "%b%c", "%a_", "%_b", "%x%ab",
        "%aab%ab",
    ];

    fn answers(connection: &Connection, sql: &str) -> Vec<Option<bool>> {
        let mut statement = connection.prepare(sql).unwrap();
        let pairs = TEXTS
            .iter()
            .flat_map(|text| PATTERNS.map(|pattern| (*text, pattern)));
        pairs
            .map(|pair| statement.query_row(pair, |row| row.get(0)).unwrap())
            .collect()
    }

    #[test]
    fn answers_as_the_one_it_replaces() {
        for sql in ["SELECT ?1 LIKE ?2 ESCAPE '!'", "SELECT ?1 LIKE ?2"] {
            let usual = Connection::open_in_memory().unwrap();
            let ours = Connection::open_in_memory().unwrap();
            install(&ours).unwrap();
            let [usual, ours] = [usual, ours].map(|connection| answers(&connection, sql));
            assert_eq!(usual.len(), TEXTS.len() * PATTERNS.len());
            for (position, (usual, ours)) in usual.iter().zip(&ours).enumerate() {
                let text = TEXTS[position / PATTERNS.len()];
                let pattern = PATTERNS[position % PATTERNS.len()];
                assert_eq!(ours, usual, "`{text}` like `{pattern}`");
            }
        }
    }

    #[test]
    fn nothing_is_like_nothing_and_numbers_are_texts() {
        let rows = [
            ("NULL LIKE 'a'", None),
            ("'a' LIKE NULL", None),
            ("'a' LIKE 'a' ESCAPE NULL", None),
            ("12 LIKE '1%'", Some(true)),
            ("1.5 LIKE '1.5'", Some(true)),
            ("2.0 LIKE '2.0'", Some(true)),
            ("x'616263' LIKE 'a%'", Some(true)),
        ];
        let usual = Connection::open_in_memory().unwrap();
        let ours = Connection::open_in_memory().unwrap();
        install(&ours).unwrap();
        for (expression, expected) in rows {
            for connection in [&usual, &ours] {
                let found: Option<bool> = connection
                    .query_row(&format!("SELECT {expression}"), [], |row| row.get(0))
                    .unwrap();
                assert_eq!(found, expected, "{expression}");
            }
        }
        let refused = ours.query_row("SELECT 'a' LIKE 'a' ESCAPE '!!'", [], |_| Ok(()));
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("single character")
        );
    }

    #[test]
    fn each_row_is_compared_with_its_own_pattern() {
        let connection = Connection::open_in_memory().unwrap();
        install(&connection).unwrap();
        let sql = "SELECT count(*) FROM (SELECT 'ab' AS t, 'a%' AS p UNION ALL SELECT 'ab', 'b%' UNION ALL SELECT 'b', 'b%') WHERE t LIKE p ESCAPE '!'";
        let found: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(found, 2);
    }

    /// A hundred times as much work is seconds for SQLite's own and milliseconds for this one: not timed, but counted by
    /// what a test run would notice.
    #[test]
    fn long_patterns_take_no_longer_than_long_texts() {
        let connection = Connection::open_in_memory().unwrap();
        install(&connection).unwrap();
        let text = "a".repeat(4_000_000);
        let pattern = format!("%{}b%", "a".repeat(2_000_000));
        let found: bool = connection
            .query_row("SELECT ?1 LIKE ?2 ESCAPE '!'", (text, pattern), |row| {
                row.get(0)
            })
            .unwrap();
        assert!(!found);
    }
}
