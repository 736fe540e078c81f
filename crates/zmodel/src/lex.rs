//! Tokens.
//!
//! Whitespace and newlines carry no meaning in the language; each token still knows whether it starts a line, which
//! the parser uses to find its feet again after a mistake. `///` comments stay with the token they stand before.

use logos::{Filter, Lexer, Logos};

use crate::diagnostic::{Mistake, Mistakes};
use crate::source::Span;

/// A token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Whether it is the first of its line.
    pub(crate) first_on_line: bool,
    /// The `///` lines right before it.
    pub(crate) doc: Option<String>,
}

/// What a token is.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\x0c\u{feff}\u{a0}]+", error = Problem)]
pub(crate) enum Kind {
    /// A name or a word of the language.
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Identifier,
    /// Text in quotes, quotes included.
    #[token("\"", string)]
    #[token("'", string)]
    String,
    /// A number; its sign belongs to it.
    #[regex(r"[+-]?[0-9]+(\.[0-9]+)?")]
    Number,
    /// `@name`, `@@name` or `@@@name`, dots inside allowed.
    #[regex(r"@@?@?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")]
    Attribute,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("=")]
    Equals,
    #[token("?")]
    Question,
    /// Any other sign of the language; they stand in expressions only.
    #[regex(r"==|!=|<=|>=|&&|\|\||[<>!^.;+-]")]
    Operator,
    /// A line of documentation, slashes included; never reaches the parser.
    #[token("//", line_comment)]
    #[token("/*", block_comment)]
    Documentation,
    /// What is no token; the mistake is reported already. The lexer itself never gives it.
    Broken,
    /// After the last token.
    End,
}

/// Why text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Problem {
    #[default]
    Character,
    OpenString,
    OpenComment,
}

/// The tokens of a text, `End` included.
pub(crate) fn tokens(source: usize, text: &str, mistakes: &mut Mistakes) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut doc: Option<String> = None;
    for (result, range) in Kind::lexer(text).spanned() {
        if mistakes.is_full() {
            break;
        }
        let span = Span {
            source,
            start: range.start,
            end: range.end,
        };
        let kind = match result {
            Ok(Kind::Documentation) => {
                add_line(&mut doc, text.get(range).unwrap_or_default());
                continue;
            }
            Ok(kind) => kind,
            Err(problem) => {
                mistakes.push(problem.mistake(span, text));
                Kind::Broken
            }
        };
        let gap = tokens
            .last()
            .map(|last| text.get(last.span.end..span.start));
        let first_on_line = gap.flatten().is_none_or(|gap| gap.contains('\n'));
        tokens.push(Token {
            kind,
            span,
            first_on_line,
            doc: doc.take(),
        });
    }
    let end = Span {
        source,
        start: text.len(),
        end: text.len(),
    };
    tokens.push(Token {
        kind: Kind::End,
        span: end,
        first_on_line: true,
        doc: None,
    });
    tokens
}

impl Problem {
    fn mistake(self, span: Span, text: &str) -> Mistake {
        match self {
            Problem::Character => {
                let found = text.get(span.start..span.end).unwrap_or_default();
                Mistake::at(span, format!("unexpected `{found}`")).maybe_help(
                    (found.starts_with('@')).then(|| "an attribute name follows `@`".to_owned()),
                )
            }
            Problem::OpenString => Mistake::at(span, "this text is not closed on its line").help(
                "close it with the quote it starts with; a line break inside is written `\\n`",
            ),
            Problem::OpenComment => {
                Mistake::at(span, "this comment is not closed").help("close it with `*/`")
            }
        }
    }
}

/// Takes text up to the quote it began with, on the same line.
fn string(lexer: &mut Lexer<'_, Kind>) -> Result<(), Problem> {
    let quote = lexer.slice().as_bytes().first().copied().unwrap_or(b'"');
    let rest = lexer.remainder();
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b'\n' => {
                lexer.bump(index);
                return Err(Problem::OpenString);
            }
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => {
                lexer.bump(index + 1);
                return Ok(());
            }
            _ => {}
        }
    }
    lexer.bump(rest.len());
    Err(Problem::OpenString)
}

/// Takes the rest of the line; three slashes, not more, make it documentation.
fn line_comment(lexer: &mut Lexer<'_, Kind>) -> Filter<()> {
    let rest = lexer.remainder();
    let is_documentation = rest.starts_with('/') && !rest.starts_with("//");
    lexer.bump(rest.find('\n').unwrap_or(rest.len()));
    if is_documentation {
        Filter::Emit(())
    } else {
        Filter::Skip
    }
}

fn block_comment(lexer: &mut Lexer<'_, Kind>) -> logos::FilterResult<(), Problem> {
    let rest = lexer.remainder();
    match rest.find("*/") {
        Some(index) => {
            lexer.bump(index + 2);
            logos::FilterResult::Skip
        }
        None => {
            lexer.bump(rest.len());
            logos::FilterResult::Error(Problem::OpenComment)
        }
    }
}

fn add_line(doc: &mut Option<String>, comment: &str) {
    let line = comment.trim_start_matches('/').trim_end();
    let line = line.strip_prefix(' ').unwrap_or(line);
    match doc {
        Some(doc) => {
            doc.push('\n');
            doc.push_str(line);
        }
        None => *doc = Some(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let mut mistakes = Mistakes::default();
        let tokens = tokens(0, text, &mut mistakes);
        assert!(mistakes.is_empty(), "{text}");
        tokens
            .iter()
            .map(|token| {
                (
                    token.kind,
                    text.get(token.span.start..token.span.end).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn each_kind_of_token_is_told_apart() {
        use Kind::{Attribute, Identifier, Number, Operator, String};
        for (text, expected) in [
            ("_a9", Identifier),
            ("'it\\'s'", String),
            (r#""\\""#, String),
            ("-1", Number),
            ("+1.50", Number),
            ("@id", Attribute),
            ("@@map", Attribute),
            ("@@@once", Attribute),
            ("@db.VarChar", Attribute),
            ("&&", Operator),
            (".", Operator),
        ] {
            assert_eq!(kinds(text), [(expected, text), (Kind::End, "")], "{text}");
        }
    }

    #[test]
    fn comments_are_dropped_and_documentation_is_kept() {
        let mut mistakes = Mistakes::default();
        let text = "// no\n//// no\n/// one\n///  two \n/* no /// */ a /// three\n b";
        let tokens = tokens(0, text, &mut mistakes);
        let docs: Vec<_> = tokens.iter().map(|token| token.doc.as_deref()).collect();
        assert_eq!(docs, [Some("one\n two"), Some("three"), None]);
        assert!(tokens.iter().all(|token| token.first_on_line));
    }
}
