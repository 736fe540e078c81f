//! Of many attempts that are alike, some stand for themselves and the others are a number.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long attempts are counted together.
const SPAN: SignedDuration = SignedDuration::from_secs(60);
/// How many of a span stand for themselves.
const ALONE: u32 = 20;
/// How many kinds of attempts are counted at the same time: each costs memory until its span is over.
const KINDS: usize = 10_000;

/// What makes attempts alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Alike {
    pub(super) kind: &'static str,
    pub(super) reason: &'static str,
    /// The network that they come from.
    pub(super) client: Option<String>,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// It stands for itself.
    Alone,
    /// It is counted.
    Folded,
    /// There are too many kinds to be told apart.
    TooMany,
}

/// Attempts that are a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded {
    pub(super) what: Alike,
    pub(super) times: u32,
    pub(super) since: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Folding(HashMap<Alike, Span>);

#[derive(Debug)]
struct Span {
    began: Timestamp,
    alone: u32,
    folded: u32,
}

impl Folding {
    pub(super) fn judge(&mut self, what: Alike, now: Timestamp) -> Judged {
        if let Some(span) = self.0.get_mut(&what) {
            // A span that is over is told of by `over`, soon; until then it goes on.
            if span.alone < ALONE {
                span.alone += 1;
                return Judged::Alone;
            }
            span.folded = span.folded.saturating_add(1);
            return Judged::Folded;
        }
        if self.0.len() >= KINDS {
            return Judged::TooMany;
        }
        let span = Span {
            began: now,
            alone: 1,
            folded: 0,
        };
        self.0.insert(what, span);
        Judged::Alone
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the spans that are over; gives what was folded in them.
    pub(super) fn over(&mut self, now: Timestamp) -> Vec<Folded> {
        let ended = self
            .0
            .extract_if(|_, span| now.duration_since(span.began) >= SPAN);
        let folded = ended.filter(|(_, span)| span.folded > 0);
        folded
            .map(|(what, span)| Folded {
                what,
                times: span.folded,
                since: span.began,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn from(client: usize) -> Alike {
        Alike {
            kind: "sign-in.failed",
            reason: "wrong-password",
            client: Some(client.to_string()),
        }
    }

    #[test]
    fn twenty_a_minute_stand_for_themselves_and_the_others_are_a_number() {
        let mut folding = Folding::default();
        for attempt in 0..100 {
            let expected = if attempt < 20 {
                Judged::Alone
            } else {
                Judged::Folded
            };
            assert_eq!(
                folding.judge(from(1), at(attempt / 10)),
                expected,
                "{attempt}"
            );
        }
        assert_eq!(
            folding.judge(from(2), at(9)),
            Judged::Alone,
            "another client"
        );
        assert_eq!(folding.over(at(59)), []);
        let folded = Folded {
            what: from(1),
            times: 80,
            since: at(0),
        };
        assert_eq!(folding.over(at(60)), [folded]);
        assert_eq!(
            folding.judge(from(1), at(60)),
            Judged::Alone,
            "a new minute"
        );
    }

    #[test]
    fn memory_is_bounded_whoever_asks() {
        let mut folding = Folding::default();
        for client in 0..KINDS {
            assert_eq!(folding.judge(from(client), at(0)), Judged::Alone);
        }
        assert_eq!(folding.judge(from(KINDS), at(1)), Judged::TooMany);
        assert_eq!(folding.over(at(60)), []);
        assert_eq!(folding.judge(from(KINDS), at(61)), Judged::Alone);
    }
}
