//! What a script of a person says of transactions.

/// What lets a script run outside of a transaction, alone in a line of it.
const MARK: &str = "-- hallpass: no transaction";

/// Whether the script must run outside of a transaction of ours: it says so, or begins and ends its own, as Prisma does
/// where an enum of PostgreSQL loses a label.
pub(crate) fn is_outside(sql: &str) -> bool {
    sql.lines().any(|line| line.trim() == MARK)
        || first_words(sql)
            .iter()
            .any(|word| matches!(word.as_str(), "begin" | "start" | "commit" | "rollback"))
}

/// The first word of each statement, in small letters.
fn first_words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut at_start = true;
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let passed = passage(rest);
        if passed > 0 {
            // A comment parts words; a text or a name ends the first one.
            at_start &= word.is_empty() && is_comment(rest);
            rest = rest.get(passed..).unwrap_or_default();
            continue;
        }
        if at_start && letter.is_ascii_alphabetic() {
            word.push(letter.to_ascii_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
            at_start = false;
        } else if !letter.is_whitespace() {
            at_start = false;
        }
        at_start |= letter == ';';
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_comment(rest: &str) -> bool {
    rest.starts_with("--") || rest.starts_with("/*")
}

/// How many bytes a comment, a text or a quoted name takes that begins here; 0 where none does.
fn passage(rest: &str) -> usize {
    let through = |open: usize, end: &str| {
        let inner = rest.get(open..).unwrap_or_default();
        inner
            .find(end)
            .map_or(rest.len(), |at| open + at + end.len())
    };
    match rest.as_bytes() {
        [b'-', b'-', ..] => through(2, "\n"),
        [b'/', b'*', ..] => through(2, "*/"),
        [b'\'', ..] => through(1, "'"),
        [b'"', ..] => through(1, "\""),
        [b'`', ..] => through(1, "`"),
        [b'$', ..] => dollar_quote(rest).map_or(0, |tag| through(tag.len(), tag)),
        _ => 0,
    }
}

/// PostgreSQL's `$tag$ … $tag$`.
fn dollar_quote(rest: &str) -> Option<&str> {
    let inner = rest.get(1..)?;
    let end = inner.find('$')?;
    let tag = inner.get(..end)?;
    let is_tag = tag
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_')
        && !tag.starts_with(|letter: char| letter.is_ascii_digit());
    is_tag.then(|| rest.get(..end + 2))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_that_keep_their_own_transactions_are_known() {
        for outside in [
            "BEGIN;\nCREATE TYPE a AS ENUM ('x');\nCOMMIT;",
            "-- AlterEnum\nbegin;",
            "CREATE TABLE a (b int); START TRANSACTION;",
            "-- hallpass: no transaction\nCREATE INDEX CONCURRENTLY a ON b (c);",
        ] {
            assert!(is_outside(outside), "{outside}");
        }
        for inside in [
            "CREATE TABLE a (b int);",
            "-- BEGIN;\nSELECT 1;",
            "INSERT INTO a VALUES ('; BEGIN;');",
            "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; COMMIT; END $$ LANGUAGE plpgsql;",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; END;",
            "/* x */ /* ; begin */ SELECT 1",
            "SELECT \"a;commit\"",
            "",
        ] {
            assert!(!is_outside(inside), "{inside}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, quotes in "[-/*'\"`$;a ]{0,40}") {
            let _: bool = is_outside(&text);
            let _: bool = is_outside(&quotes);
        }
    }
}
