//! Where text comes from, and where in it something stands.

/// A file of the schema, already read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// What messages call it: a path, mostly.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A stretch of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    /// Which source, counted from 0.
    pub(crate) source: usize,
    /// The first byte.
    pub(crate) start: usize,
    /// The byte after the last.
    pub(crate) end: usize,
}

impl Span {
    /// The empty stretch before the first byte.
    pub(crate) fn start_of(source: usize) -> Self {
        Span {
            source,
            start: 0,
            end: 0,
        }
    }

    /// From the start of this one to the end of that one.
    pub(crate) fn to(self, other: Span) -> Self {
        Span {
            end: other.end.max(self.end),
            ..self
        }
    }
}
