//! Where the values stand in a text of JSON that a database made.

use super::scan::{Scan, Stands};

/// Arrays in arrays, at most; what is deeper is no answer of ours.
const MAX_DEPTH: usize = 100;

/// A value of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Where it stands, with its quotes or brackets.
    start: u32,
    end: u32,
    /// How many tokens it is, together with those inside of it.
    size: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
    /// A whole number that stands as we would write it.
    Whole,
    Number,
    /// A text that stands as we would write it, without escapes.
    Text,
    /// A text that stands as we would write it.
    Escaped,
    /// A text that we would write with other escapes.
    Odd,
    Array,
}

impl Token {
    /// The value as it stands in the text.
    pub(super) fn of(self, text: &str) -> Option<&str> {
        text.get(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }

    /// How many tokens further the next value stands.
    pub(super) fn size(self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }
}

/// Reads all of the text into `tokens`, which is emptied before; `None` where it is no JSON, or holds objects, as arrays of
/// columns never do. There are at most as many tokens as bytes.
pub(super) fn read(text: &str, tokens: &mut Vec<Token>) -> Option<()> {
    tokens.clear();
    // Positions are kept in 32 bits.
    u32::try_from(text.len()).ok()?;
    let scan = Scan::of(text);
    let mut reader = Reader { scan, tokens };
    reader.value(MAX_DEPTH)?;
    reader.scan.blanks();
    reader.scan.is_at_end().then_some(())
}

struct Reader<'t> {
    scan: Scan<'t>,
    tokens: &'t mut Vec<Token>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        self.scan.blanks();
        let start = self.scan.at;
        let kind = match self.scan.next()? {
            b'"' => match self.scan.string()? {
                Stands::Plain => Kind::Text,
                Stands::Same => Kind::Escaped,
                Stands::Otherwise => Kind::Odd,
            },
            b'[' => return self.array(depth.checked_sub(1)?),
            b'n' => self.word("null", Kind::Null)?,
            b't' => self.word("true", Kind::True)?,
            b'f' => self.word("false", Kind::False)?,
            _ => match self.scan.number()? {
                Stands::Plain => Kind::Whole,
                Stands::Same | Stands::Otherwise => Kind::Number,
            },
        };
        self.add(kind, start)
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let (number, start) = (self.tokens.len(), self.scan.at);
        self.scan.at += 1;
        self.add(Kind::Array, start)?;
        self.scan.blanks();
        if self.scan.next()? != b']' {
            self.value(depth)?;
            self.scan.blanks();
            while self.scan.next()? == b',' {
                self.scan.at += 1;
                self.value(depth)?;
                self.scan.blanks();
            }
            (self.scan.next()? == b']').then_some(())?;
        }
        self.scan.at += 1;
        let size = u32::try_from(self.tokens.len() - number).ok()?;
        let end = u32::try_from(self.scan.at).ok()?;
        let token = self.tokens.get_mut(number)?;
        (token.size, token.end) = (size, end);
        Some(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<Kind> {
        self.scan.word(word).map(|()| kind)
    }

    fn add(&mut self, kind: Kind, start: usize) -> Option<()> {
        self.tokens.push(Token {
            kind,
            start: u32::try_from(start).ok()?,
            end: u32::try_from(self.scan.at).ok()?,
            size: 1,
        });
        Some(())
    }
}
