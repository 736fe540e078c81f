//! What the text that made a table says beside what a schema can say: conditions for rows, the order of texts, columns that the
//! database computes.
//!
//! SPEC: <https://www.sqlite.org/lang_createtable.html>. Invariant: what is neither taken over nor said by a schema is in `lost`, in
//! words: a table is not made anew without somebody having read them.

use hallpass_sql::TakenOver;

/// What a text says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Written {
    pub(super) taken_over: TakenOver,
    /// What the new table cannot have.
    pub(super) lost: Vec<String>,
    /// Whether the database counts, and never gives a number again.
    pub(super) counts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Open,
    Close,
    Comma,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    kind: Kind,
    text: &'t str,
    start: usize,
    /// How many brackets are open around it.
    depth: u32,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// A name without its quotes.
    fn name(&self) -> String {
        if self.kind != Kind::Quoted {
            return self.text.to_owned();
        }
        let mut letters = self.text.chars();
        let quote = letters.next().unwrap_or_default();
        letters.next_back();
        let doubled = [quote, quote].iter().collect::<String>();
        letters.as_str().replace(&doubled, &quote.to_string())
    }
}

/// Reads the text that made a table. `is_kept` says which columns the new table has.
pub(super) fn read(text: &str, is_kept: impl Fn(&str) -> bool) -> Written {
    let tokens = tokens(text);
    let mut written = Written::default();
    let is_plain = !tokens.get(1).is_some_and(|token| token.is("VIRTUAL"));
    let open = tokens.iter().position(|token| token.kind == Kind::Open);
    let Some(first) = open.filter(|_| is_plain) else {
        written
            .lost
            .push("what it is, since it is no plain table".to_owned());
        return written;
    };
    let after = tokens.get(first + 1..).unwrap_or_default();
    let end = after.iter().position(|token| token.depth == 0);
    let (body, options) = after.split_at(end.unwrap_or(after.len()));
    let definitions: Vec<_> = body
        .split(|token| token.kind == Kind::Comma && token.depth == 1)
        .map(|tokens| Definition { text, tokens })
        .collect();
    let columns = definitions.iter().filter_map(Definition::column);
    let gone: Vec<_> = columns.filter(|name| !is_kept(name)).collect();
    for definition in definitions {
        definition.read(&mut written, &gone);
    }
    for token in options {
        if token.is("STRICT") {
            written.lost.push("STRICT".to_owned());
        } else if token.is("WITHOUT") {
            written.lost.push("WITHOUT ROWID".to_owned());
        }
    }
    written
}

/// A column or a constraint.
struct Definition<'t> {
    text: &'t str,
    tokens: &'t [Token<'t>],
}

impl Definition<'_> {
    /// The column that it is of, unless it is of the table.
    fn column(&self) -> Option<String> {
        let constraints = ["CONSTRAINT", "CHECK", "PRIMARY", "UNIQUE", "FOREIGN"];
        let first = self.tokens.first()?;
        let of_table = constraints.iter().any(|word| first.is(word));
        (!of_table).then(|| first.name())
    }

    fn read(&self, written: &mut Written, gone: &[String]) {
        let of_table = self.column().is_none();
        let column = self.column().unwrap_or_default();
        // What is said of a column that goes, goes with it.
        if gone.contains(&column) {
            return;
        }
        for (at, token) in self.tokens.iter().enumerate() {
            if token.depth > 1 {
                if of_table && token.is("COLLATE") && !self.is_check() {
                    written.lost.push("the COLLATE of a key".to_owned());
                }
                continue;
            }
            let next = self.tokens.get(at + 1);
            if token.is("CHECK") {
                self.check(at, written, gone);
            } else if token.is("COLLATE")
                && let Some(name) = next
            {
                let collation = (column.clone(), name.text.to_owned());
                written.taken_over.collations.push(collation);
            } else if token.is("AS") {
                let words = format!("that `{column}` is computed by the database");
                written.lost.push(words);
            } else if token.is("CONFLICT") && self.before(at).is_some_and(|one| one.is("ON")) {
                written.lost.push(format!("the ON CONFLICT of `{column}`"));
            } else if token.is("DEFERRABLE") && !self.before(at).is_some_and(|one| one.is("NOT")) {
                written
                    .lost
                    .push("that a foreign key is DEFERRABLE".to_owned());
            } else if token.is("AUTOINCREMENT") {
                written.counts = true;
            }
        }
    }

    fn before(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at.checked_sub(1)?)
    }

    fn is_check(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| token.depth == 1 && token.is("CHECK"))
    }

    /// The condition at this place with the name that somebody gave it. One of columns that go cannot stay.
    fn check(&self, at: usize, written: &mut Written, gone: &[String]) {
        let named = at.checked_sub(2).and_then(|named| self.tokens.get(named));
        let named = named.filter(|token| token.is("CONSTRAINT"));
        let Some(start) = named.or(self.tokens.get(at)).map(|token| token.start) else {
            return;
        };
        let rest = self.tokens.get(at + 2..).unwrap_or_default();
        let close = rest
            .iter()
            .position(|token| token.kind == Kind::Close && token.depth == 1);
        let Some((inside, close)) =
            close.and_then(|close| Some((rest.get(..close)?, rest.get(close)?)))
        else {
            return;
        };
        let text = self.text.get(start..close.end()).unwrap_or_default();
        let is_gone = |token: &Token<'_>| {
            let name = token.name();
            gone.iter().any(|one| one.eq_ignore_ascii_case(&name))
        };
        if inside.iter().any(is_gone) {
            written
                .lost
                .push(format!("{text}, for a column in it goes"));
        } else {
            written.taken_over.checks.push(text.to_owned());
        }
    }
}

/// Blanks and comments are none. A bracket has the depth of what stands around it.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        if kind == Some(Kind::Close) {
            depth = depth.saturating_sub(1);
        }
        if let (Some(kind), Some(text)) = (kind, rest.get(..length)) {
            tokens.push(Token {
                kind,
                text,
                start: at,
                depth,
            });
        }
        if kind == Some(Kind::Open) {
            depth += 1;
        }
        at += length;
    }
    tokens
}

/// The first token of a text that is not empty, and how many bytes it has; no kind for blanks and comments.
fn token(rest: &str) -> (Option<Kind>, usize) {
    let first = rest.chars().next().unwrap_or_default();
    let until = |end: &str, from: usize| {
        let found = rest.get(from..).and_then(|rest| rest.find(end));
        found.map_or(rest.len(), |found| from + found + end.len())
    };
    match first {
        _ if rest.starts_with("--") => (None, until("\n", 2)),
        _ if rest.starts_with("/*") => (None, until("*/", 2)),
        '"' | '\'' | '`' => (Some(Kind::Quoted), quoted(rest, first)),
        '[' => (Some(Kind::Quoted), until("]", 1)),
        '(' => (Some(Kind::Open), 1),
        ')' => (Some(Kind::Close), 1),
        ',' => (Some(Kind::Comma), 1),
        _ if first.is_whitespace() => (None, first.len_utf8()),
        _ if is_of_word(first) => {
            let end = rest.find(|letter| !is_of_word(letter));
            (Some(Kind::Word), end.unwrap_or(rest.len()))
        }
        _ => (Some(Kind::Other), first.len_utf8()),
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$' || !letter.is_ascii()
}

/// Up to the quote that closes it; one that is doubled is a letter.
fn quoted(rest: &str, quote: char) -> usize {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(text: &str) -> Vec<String> {
        read(text, |column| column != "gone").taken_over.checks
    }

    fn lost(text: &str) -> Vec<String> {
        read(text, |column| column != "gone").lost
    }

    #[test]
    fn conditions_are_taken_over_as_they_were_written() {
        for (text, expected) in [
            (
                "CREATE TABLE a (x INT CHECK (x > (1)))",
                &["CHECK (x > (1))"][..],
            ),
            (
                "create table \"a ( check\" (x int, constraint \"n\" check(x <> ') check (' /* ) */), y)",
                &["constraint \"n\" check(x <> ') check (' /* ) */)"],
            ),
            (
                "CREATE TABLE a (x CHECK (x) -- CHECK (0)\n, y CONSTRAINT c CHECK (y) CHECK (1))",
                &["CHECK (x)", "CONSTRAINT c CHECK (y)", "CHECK (1)"],
            ),
            (
                "CREATE TABLE a (gone INT CHECK (gone > 1), [check] INT, `it``s` INT)",
                &[],
            ),
            ("CREATE TABLE a (x DEFAULT 'it''s CHECK (')", &[]),
            ("CREATE TABLE a (x CHECK (", &[]),
            ("é", &[]),
        ] {
            assert_eq!(checks(text), expected, "{text}");
        }
    }

    #[test]
    fn what_no_new_table_can_have_is_named() {
        for (text, expected) in [
            (
                "CREATE TABLE a (x INT, y TEXT DEFAULT (CAST(1 AS TEXT)))",
                &[][..],
            ),
            (
                "CREATE TABLE a (x, y GENERATED ALWAYS AS (x) STORED)",
                &["that `y` is computed by the database"],
            ),
            ("CREATE TABLE a (x, gone AS (x))", &[]),
            (
                "CREATE TABLE a (gone INT, x INT CHECK (x > \"GONE\"), CHECK (x > 0))",
                &["CHECK (x > \"GONE\"), for a column in it goes"],
            ),
            (
                "CREATE TABLE a (x TEXT) STRICT, WITHOUT ROWID",
                &["STRICT", "WITHOUT ROWID"],
            ),
            (
                "CREATE TABLE a (x, UNIQUE (x COLLATE NOCASE))",
                &["the COLLATE of a key"],
            ),
            (
                "CREATE TABLE a (x UNIQUE ON CONFLICT REPLACE, y REFERENCES b DEFERRABLE INITIALLY DEFERRED)",
                &["the ON CONFLICT of `x`", "that a foreign key is DEFERRABLE"],
            ),
            ("CREATE TABLE a (y REFERENCES b NOT DEFERRABLE)", &[]),
            (
                "CREATE VIRTUAL TABLE a USING fts5(x)",
                &["what it is, since it is no plain table"],
            ),
        ] {
            assert_eq!(lost(text), expected, "{text}");
        }
    }

    #[test]
    fn the_order_of_texts_belongs_to_its_column() {
        let text = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, \"e m\" TEXT NOT NULL COLLATE NOCASE, gone TEXT COLLATE RTRIM)";
        let written = read(text, |column| column != "gone");
        let expected = [("e m".to_owned(), "NOCASE".to_owned())];
        assert_eq!(written.taken_over.collations, expected);
        assert!(written.counts);
    }
}
