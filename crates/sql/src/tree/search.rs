use super::Expr;

/// Words that are sought in texts, in the language of the database: `cat & !dog` (PostgreSQL), `+cat -dog` (MySQL).
#[derive(Debug, Clone, PartialEq)]
pub struct WordSearch {
    /// The texts, which count as one; never empty.
    pub texts: Vec<Expr>,
    /// The words.
    pub words: Box<Expr>,
    /// How words are told (`english`), where the dialect can say it; else as the database does.
    pub configuration: Option<String>,
}

/// How alike two texts are, by the letters that stand together in both.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// A text.
    pub text: Box<Expr>,
    /// What it is compared with.
    pub other: Box<Expr>,
    /// Which part of the text.
    pub part: LikenessPart,
    /// Whether accents count.
    pub accents: Accents,
}

/// Which part of a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LikenessPart {
    /// All of it.
    #[default]
    Whole,
    /// The part that is most alike.
    Part,
    /// The words that are most alike.
    Words,
}

/// Whether accents count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accents {
    /// They do.
    #[default]
    Count,
    /// They are taken away first.
    Ignored,
}
