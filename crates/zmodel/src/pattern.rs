//! Patterns of `@regex` and `regex()`: written for JavaScript, run by engines that never take exponential time.
//!
//! Patterns without looking around and back-references run in linear time. The others run on an engine that counts its
//! steps, over texts of a bounded length; what is not decided by then does not match. A schema is loaded only when all
//! of its patterns can be run.

use std::fmt::Write;

/// Steps of the engine that can go back.
const MAX_STEPS: usize = 50_000;
/// Characters of a text that it looks at, as JavaScript counts them.
const MAX_LENGTH: usize = 5_000;
/// Bytes that a compiled pattern may take.
const MAX_SIZE: usize = 1 << 20;

/// A pattern, ready to run.
#[derive(Debug)]
pub struct Pattern(Compiled);

#[derive(Debug)]
enum Compiled {
    /// Linear in the length of the text.
    Linear(regex::Regex),
    /// Counted steps.
    Bounded(Box<fancy_regex::Regex>),
}

/// A pattern that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternError {
    /// It grows too large.
    TooLarge,
    /// It is no pattern of JavaScript, or one that has no single meaning; with the reason, where it is known.
    Malformed(Option<String>),
}

impl Pattern {
    /// Makes a pattern ready to run.
    ///
    /// # Errors
    /// [`PatternError`] when it cannot be run.
    pub fn compile(pattern: &str) -> Result<Self, PatternError> {
        let malformed = || PatternError::Malformed(None);
        let (translated, looks_around) = translate(pattern, false).ok_or_else(malformed)?;
        if !looks_around {
            let compiled = regex::RegexBuilder::new(&translated)
                .size_limit(MAX_SIZE)
                .build();
            return Ok(Self(Compiled::Linear(compiled.map_err(reason)?)));
        }
        let (translated, _) = translate(pattern, true).ok_or_else(malformed)?;
        let compiled = fancy_regex::RegexBuilder::new(&translated)
            .backtrack_limit(MAX_STEPS)
            .delegate_size_limit(MAX_SIZE)
            .build();
        let compiled = compiled.map_err(|_| malformed())?;
        Ok(Self(Compiled::Bounded(Box::new(compiled))))
    }

    /// Whether it is found anywhere in the text.
    pub fn finds(&self, text: &str) -> bool {
        match &self.0 {
            Compiled::Linear(compiled) => compiled.is_match(text),
            Compiled::Bounded(compiled) => {
                text.encode_utf16().count() <= MAX_LENGTH
                    && compiled.is_match(text).unwrap_or(false)
            }
        }
    }
}

/// Why, without the translated pattern, which nobody wrote.
fn reason(error: regex::Error) -> PatternError {
    match error {
        regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
        regex::Error::Syntax(report) => {
            let said = report
                .lines()
                .last()
                .and_then(|line| line.strip_prefix("error: "));
            PatternError::Malformed(said.map(str::to_owned))
        }
        _ => PatternError::Malformed(None),
    }
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
/// White space and ends of lines of JavaScript.
const SPACE: &str = concat!(
    r"\t\n\x0B\x0C\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}",
    r"\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}"
);

/// The same pattern in the language of our engines, and whether it looks around or back. `bounded`: for the engine that
/// can. `None` where a pattern says what neither language has one meaning for.
fn translate(pattern: &str, bounded: bool) -> Option<(String, bool)> {
    let mut reader = Reader {
        letters: pattern.chars().collect(),
        position: 0,
        out: String::with_capacity(pattern.len() + 16),
        looks_around: false,
        bounded,
    };
    while let Some(letter) = reader.next() {
        reader.outside(letter)?;
    }
    Some((reader.out, reader.looks_around))
}

struct Reader {
    letters: Vec<char>,
    position: usize,
    out: String,
    looks_around: bool,
    bounded: bool,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.position += 1;
        Some(letter)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.position + ahead).copied()
    }

    fn literal(&mut self, letter: char) {
        self.out.push_str(&regex::escape(&letter.to_string()));
    }

    fn outside(&mut self, letter: char) -> Option<()> {
        match letter {
            '\\' => self.escape_outside()?,
            '.' => self.out.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            '[' => self.class()?,
            '(' => self.group()?,
            '{' if self.is_count() => self.out.push('{'),
            '{' | ']' => self.literal(letter),
            // Ends a count, whose beginning was passed on; else it stands for itself.
            '}' if self.ends_count() => self.out.push('}'),
            '}' => self.literal(letter),
            '|' | ')' | '*' | '+' | '?' | '^' | '$' => self.out.push(letter),
            other => self.literal(other),
        }
        Some(())
    }

    /// Whether what follows `{` is a count: `2}`, `2,}`, `2,3}`.
    fn is_count(&self) -> bool {
        let rest = self.letters.get(self.position..).unwrap_or_default();
        let inside: String = rest.iter().take_while(|letter| **letter != '}').collect();
        if inside.len() == rest.len() {
            return false;
        }
        let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    }

    fn ends_count(&self) -> bool {
        let open = self.out.rfind('{');
        let inside = open.and_then(|open| self.out.get(open + 1..));
        let is_inside = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b',')
        };
        let escaped =
            open.is_some_and(|open| self.out.get(..open).is_some_and(|t| t.ends_with('\\')));
        !escaped && inside.is_some_and(is_inside)
    }

    fn group(&mut self) -> Option<()> {
        self.out.push('(');
        if self.peek(0) != Some('?') {
            return Some(());
        }
        let looks = match (self.peek(1)?, self.peek(2)) {
            ('=' | '!', _) | ('<', Some('=' | '!')) => true,
            (':' | '<', _) => false,
            _ => return None,
        };
        self.looks_around |= looks;
        let behind = looks && self.peek(1) == Some('<');
        for _ in 0..(if behind { 3 } else { 2 }) {
            let letter = self.next()?;
            self.out.push(letter);
        }
        if !looks && self.out.ends_with('<') {
            // A name, as it stands.
            loop {
                let letter = self.next()?;
                self.out.push(letter);
                if letter == '>' {
                    break;
                }
            }
        }
        Some(())
    }

    fn escape_outside(&mut self) -> Option<()> {
        let letter = self.next()?;
        match letter {
            'd' => self.set("", DIGIT),
            'D' => self.set("^", DIGIT),
            'w' => self.set("", WORD),
            'W' => self.set("^", WORD),
            's' => self.set("", SPACE),
            'S' => self.set("^", SPACE),
            'b' => self.word_boundary(),
            'B' => {
                self.looks_around = true;
                let (before, after) = (r"(?<=[0-9A-Za-z_])", r"(?=[0-9A-Za-z_])");
                let (not_before, not_after) = (r"(?<![0-9A-Za-z_])", r"(?![0-9A-Za-z_])");
                let _ = write!(self.out, "(?:{before}{after}|{not_before}{not_after})");
            }
            '1'..='9' => {
                self.looks_around = true;
                let mut number = letter.to_string();
                while let Some(digit) = self.peek(0).filter(char::is_ascii_digit) {
                    number.push(digit);
                    self.position += 1;
                }
                let _ = write!(self.out, r"(?:\{number})");
            }
            'k' if self.peek(0) == Some('<') => {
                self.looks_around = true;
                self.out.push_str(r"\k");
            }
            other => {
                let meant = self.escaped(other)?;
                self.literal(meant);
            }
        }
        Some(())
    }

    fn set(&mut self, sign: &str, content: &str) {
        let _ = write!(self.out, "[{sign}{content}]");
    }

    /// Between a word character and something else, where only ASCII makes words.
    fn word_boundary(&mut self) {
        if self.bounded {
            let word = "[0-9A-Za-z_]";
            let _ = write!(self.out, "(?:(?<={word})(?!{word})|(?<!{word})(?={word}))");
        } else {
            self.out.push_str(r"(?-u:\b)");
        }
    }

    /// The character that an escape stands for, in and outside a class.
    fn escaped(&mut self, letter: char) -> Option<char> {
        match letter {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            'f' => Some('\u{c}'),
            '0' if !self.peek(0).is_some_and(|next| next.is_ascii_digit()) => Some('\0'),
            'x' => char::from_u32(self.hex(2)?),
            'u' => self.unicode(),
            'c' => {
                let control = self.next().filter(char::is_ascii_alphabetic)?;
                char::from_u32(u32::from(control) % 32)
            }
            digit if digit.is_ascii_digit() => None,
            other => Some(other),
        }
    }

    /// `\uD83D\uDE00` is one character here.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if (self.next()?, self.next()?) != ('\\', 'u') {
            return None;
        }
        let second = self.hex(4)?;
        let pair = char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]);
        pair.into_iter().next()?.ok()
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |number, _| {
            Some(number * 16 + self.next()?.to_digit(16)?)
        })
    }

    fn class(&mut self) -> Option<()> {
        let negated = self.peek(0) == Some('^');
        self.position += usize::from(negated);
        if self.peek(0) == Some(']') {
            self.position += 1;
            // `[]` is nothing, `[^]` is anything.
            self.set(if negated { "" } else { "^" }, r"\x{0}-\x{10FFFF}");
            return Some(());
        }
        self.out.push('[');
        if negated {
            self.out.push('^');
        }
        loop {
            match self.next()? {
                ']' => break,
                '\\' => self.escape_inside()?,
                // A range, unless it stands at an end or beside another.
                '-' if self.peek(0) != Some(']') && !self.out.ends_with(['[', '^', '-']) => {
                    self.out.push('-');
                }
                other => self.literal_inside(other),
            }
        }
        self.out.push(']');
        Some(())
    }

    /// Our engines calculate with sets where JavaScript means single characters.
    fn literal_inside(&mut self, letter: char) {
        if matches!(letter, '[' | '&' | '~' | '-' | '^') {
            self.out.push('\\');
            self.out.push(letter);
        } else {
            self.literal(letter);
        }
    }

    fn escape_inside(&mut self) -> Option<()> {
        let letter = self.next()?;
        match letter {
            'd' => self.out.push_str(DIGIT),
            'w' => self.out.push_str(WORD),
            's' => self.out.push_str(SPACE),
            'D' => self.set("^", DIGIT),
            'W' => self.set("^", WORD),
            'S' => self.set("^", SPACE),
            'b' => self.out.push_str(r"\x08"),
            other => {
                let meant = self.escaped(other)?;
                self.literal_inside(meant);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_LENGTH, Pattern, PatternError};

    fn finds(pattern: &str, text: &str) -> Option<bool> {
        Some(Pattern::compile(pattern).ok()?.finds(text))
    }

    #[test]
    fn patterns_mean_what_they_mean_in_javascript() {
        for (pattern, text, expected) in [
            ("b", "abc", Some(true)),
            ("^b", "abc", Some(false)),
            ("^abc$", "abc\n", Some(false)),
            (r"^\d+$", "123", Some(true)),
            // Digits of other scripts are no digits.
            (r"^\d+$", "١٢٣", Some(false)),
            (r"^\w+$", "é", Some(false)),
            (r"^\W$", "é", Some(true)),
            (r"^\s$", "\u{feff}", Some(true)),
            (r"^\s$", "\u{85}", Some(false)),
            (r"^.$", "\u{2028}", Some(false)),
            (r"^.$", "é", Some(true)),
            (r"\bcat\b", "a cat!", Some(true)),
            (r"\bcat\b", "concat", Some(false)),
            (r"\Bcat", "concat", Some(true)),
            (r"\Bcat", "cat", Some(false)),
            ("^a{2,3}$", "aaa", Some(true)),
            ("^a{2}$", "aaa", Some(false)),
            // What is no count stands for itself.
            ("^a{x}$", "a{x}", Some(true)),
            ("^{}$", "{}", Some(true)),
            ("^a{2$", "a{2", Some(true)),
            ("^]$", "]", Some(true)),
            (r"^\/$", "/", Some(true)),
            (r"^\x41\u0042$", "AB", Some(true)),
            (r"^\uD83D\uDE00$", "😀", Some(true)),
            (r"^\cJ$", "\n", Some(true)),
            ("^[^]$", "\n", Some(true)),
            ("[]", "a", Some(false)),
            ("^[a&&b]+$", "a&b", Some(true)),
            ("^[[a]$", "[", Some(true)),
            ("^[a-c-]+$", "a-c", Some(true)),
            ("^[-a]+$", "-a", Some(true)),
            (r"^[\w.-]+$", "a.b-c", Some(true)),
            (r"^[^\s@]+$", "ab", Some(true)),
            (r"^[\b]$", "\u{8}", Some(true)),
            (r"^(?:a|b)(c)(?<name>d)$", "acd", Some(true)),
            (r"^(?=.*[A-Z])(?=.*\d).{8,}$", "Passw0rdlong", Some(true)),
            (r"^(?=.*[A-Z])(?=.*\d).{8,}$", "password", Some(false)),
            (r"^(?!admin)", "adminx", Some(false)),
            (r"(?<=\$)\d+", "$42", Some(true)),
            (r"^(a)\1$", "aa", Some(true)),
            (r"^(?<x>a)\k<x>$", "ab", Some(false)),
            ("(", "a", None),
            ("[a", "a", None),
            ("\\", "a", None),
            ("*a", "a", None),
        ] {
            assert_eq!(finds(pattern, text), expected, "/{pattern}/ in {text:?}");
        }
    }

    #[test]
    fn hostile_texts_take_bounded_time() {
        let hostile = "a".repeat(1_000_000) + "!";
        for pattern in ["^(a+)+$", "(a|a)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
            assert_eq!(finds(pattern, &hostile), Some(false), "{pattern}");
        }
        let looking = r"^(?=(a+)+$)(a|aa)+\2$";
        assert_eq!(finds(looking, &hostile), Some(false));
        let shorter = "a".repeat(MAX_LENGTH - 1) + "!";
        assert_eq!(finds(looking, &shorter), Some(false));
    }

    #[test]
    fn patterns_of_enormous_size_are_refused() {
        let error = Pattern::compile("((a{1000}){1000}){1000}").unwrap_err();
        assert_eq!(error, PatternError::TooLarge);
        assert!(Pattern::compile("(?=((a{1000}){1000}){1000})").is_err());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_translated_pattern() {
        for (pattern, expected) in [
            ("(", Some("unclosed group")),
            ("a**", None),
            (
                "[b-a]",
                Some("invalid character class range, the start must be <= the end"),
            ),
            ("(?i)a", None),
            (r"\1", None),
        ] {
            let error = Pattern::compile(pattern).err();
            if let Some(PatternError::Malformed(said)) = &error {
                assert_eq!(said.as_deref(), expected, "{pattern}");
            }
        }
    }
}
