//! What an explanation of access rules comes to, as the command line and the console say it.

use hallpass::data::{Effect, ExplainedRule, Explanation};

/// What all rules say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The row that was named is not there.
    NoRow,
    /// Nobody named a row, and it depends on one.
    ByRow,
    /// It is admitted by the rules at these places; by none where none refuses.
    Admitted(Vec<String>),
    /// It is refused by the rules at these places; by none where none allows it.
    Refused(Vec<String>),
}

impl Verdict {
    /// The verdict of an explanation.
    pub(crate) fn of(explanation: &Explanation) -> Self {
        let holding = |effect| {
            let rules = explanation.rules.iter().filter(|rule| rule.field.is_none());
            let holding = rules.filter(|rule| rule.effect == effect && rule.holds == Some(true));
            holding.map(place).collect()
        };
        match (explanation.admitted, explanation.row) {
            (_, Some(false)) => Self::NoRow,
            (None, _) => Self::ByRow,
            (Some(true), _) => Self::Admitted(holding(Effect::Allow)),
            (Some(false), _) => Self::Refused(holding(Effect::Deny)),
        }
    }

    /// Why, in a few words: `by schema.zmodel:9`. Empty where there is nothing to say.
    pub(crate) fn reason(&self) -> String {
        let by = |places: &[String]| format!("by {}", places.join(", "));
        match self {
            Self::NoRow | Self::ByRow => String::new(),
            Self::Admitted(places) if places.is_empty() => "no rule refuses".to_owned(),
            Self::Refused(places) if places.is_empty() => "no rule allows it".to_owned(),
            Self::Admitted(places) | Self::Refused(places) => by(places),
        }
    }
}

/// Whether rules of a field let it be seen or changed, as far as that is known: none may refuse, and where some allow, one
/// must hold.
pub(crate) fn is_open(rules: &[&ExplainedRule]) -> Option<bool> {
    let of = |effect| rules.iter().filter(move |rule| rule.effect == effect);
    if of(Effect::Deny).any(|rule| rule.holds == Some(true)) {
        return Some(false);
    }
    let is_denied = of(Effect::Deny).any(|rule| rule.holds.is_none());
    let has_allows = of(Effect::Allow).next().is_some();
    if !has_allows {
        return (!is_denied).then_some(true);
    }
    if of(Effect::Allow).any(|rule| rule.holds == Some(true)) {
        return (!is_denied).then_some(true);
    }
    of(Effect::Allow)
        .all(|rule| rule.holds == Some(false))
        .then_some(false)
}

/// The word of the language: `allow` or `deny`.
pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

/// `schema.zmodel:31`
pub(crate) fn place(rule: &ExplainedRule) -> String {
    format!("{}:{}", rule.place.source, rule.place.line)
}

#[cfg(test)]
mod tests {
    use hallpass::data::Place;

    use super::*;

    fn rule(effect: Effect, line: usize, holds: Option<bool>) -> ExplainedRule {
        ExplainedRule {
            model: "Todo".to_owned(),
            field: None,
            effect,
            place: Place {
                source: "schema.zmodel".to_owned(),
                line,
                column: 3,
                text: String::new(),
            },
            holds,
        }
    }

    #[test]
    fn a_verdict_names_the_rules_that_decide() {
        let rules = vec![
            rule(Effect::Allow, 3, Some(true)),
            rule(Effect::Allow, 4, Some(false)),
            rule(Effect::Deny, 5, Some(true)),
            rule(Effect::Deny, 6, None),
        ];
        for (admitted, row, reason) in [
            (Some(true), Some(true), "by schema.zmodel:3"),
            (Some(false), Some(true), "by schema.zmodel:5"),
            (None, None, ""),
            (Some(true), Some(false), ""),
        ] {
            let explanation = Explanation {
                sql: None,
                rules: rules.clone(),
                admitted,
                row,
            };
            assert_eq!(Verdict::of(&explanation).reason(), reason);
        }
    }

    #[test]
    fn fields_are_open_until_a_rule_speaks() {
        let (yes, no) = (Some(true), Some(false));
        for (allows, denies, expected) in [
            (vec![], vec![no], yes),
            (vec![], vec![yes], no),
            (vec![], vec![None], None),
            (vec![yes, no], vec![], yes),
            (vec![no, no], vec![], no),
            (vec![no, None], vec![], None),
            (vec![yes], vec![yes], no),
            (vec![yes], vec![None], None),
            (vec![None], vec![yes], no),
        ] {
            let of = |effect, all: &[Option<bool>]| -> Vec<_> {
                all.iter().map(|holds| rule(effect, 1, *holds)).collect()
            };
            let mut rules = of(Effect::Allow, &allows);
            rules.extend(of(Effect::Deny, &denies));
            let rules: Vec<_> = rules.iter().collect();
            assert_eq!(is_open(&rules), expected, "{allows:?} {denies:?}");
        }
    }
}
