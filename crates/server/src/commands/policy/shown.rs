//! An explanation, for people and for machines.
//!
//! SECURITY: nothing of the row and nothing of the person is shown but what was typed.

use std::collections::BTreeMap;
use std::fmt;

use clap::builder::styling::{AnsiColor, Style};
use hallpass::data::{Effect, ExplainedRule, Explanation, RuleOperation};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::explained::{Verdict, effect, is_open, place};

/// What was asked, and the answer.
pub(super) struct Shown<'e> {
    pub(super) model: &'e str,
    pub(super) operation: RuleOperation,
    pub(super) user: &'e str,
    pub(super) id: Option<&'e str>,
    pub(super) explanation: &'e Explanation,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Explanation {
            sql,
            rules,
            admitted,
            row,
        } = self.explanation;
        let rules: Vec<_> = rules.iter().map(rule).collect();
        let document = json!({
            "model": self.model,
            "operation": self.operation.name(),
            "id": self.id,
            "admitted": admitted,
            "rowFound": row,
            "rules": rules,
            "sql": sql,
        });
        document.serialize(serializer)
    }
}

fn rule(rule: &ExplainedRule) -> serde_json::Value {
    json!({
        "model": rule.model,
        "field": rule.field,
        "effect": effect(rule.effect),
        "file": rule.place.source,
        "line": rule.place.line,
        "column": rule.place.column,
        "text": one_line(&rule.place.text),
        "holds": rule.holds,
    })
}

impl<'e> Shown<'e> {
    /// As text, with colours or without.
    pub(super) fn text(&self, is_coloured: bool) -> impl fmt::Display {
        fmt::from_fn(move |formatter| self.write(formatter, is_coloured))
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, is_coloured: bool) -> fmt::Result {
        let of_fields = self.of_fields();
        let of_model: Vec<_> = self
            .rules()
            .filter(|rule| rule.field.is_none() && !self.is_of_other(rule))
            .collect();
        writeln!(
            formatter,
            "{} {}, asked by {}",
            self.operation.name(),
            self.subject(),
            self.asker()
        )?;
        writeln!(formatter, "\nRules of the model:")?;
        if of_model.is_empty() {
            let silence = match self.operation {
                RuleOperation::PostUpdate => "  none speaks of it, so it is admitted",
                _ => "  none speaks of it, so it is refused",
            };
            writeln!(formatter, "{silence}")?;
        }
        self.list(formatter, &of_model, is_coloured)?;
        for (field, rules) in &of_fields {
            writeln!(formatter, "\nRules of `{field}`:")?;
            self.list(formatter, rules, is_coloured)?;
        }
        for (model, rules) in &self.of_others() {
            writeln!(formatter, "\nRules of `{model}`, for its rows:")?;
            self.list(formatter, rules, is_coloured)?;
        }
        writeln!(formatter, "\n{}", self.verdict(is_coloured))?;
        for (field, rules) in &of_fields {
            if let Some(is_open) = is_open(rules) {
                writeln!(formatter, "`{field}`: {}", self.of_field(is_open))?;
            }
        }
        match &self.explanation.sql {
            Some(sql) => writeln!(
                formatter,
                "\nRows that the model's rules admit are found by\n  {sql}"
            ),
            None => writeln!(
                formatter,
                "\nNothing is sent to the database: no row could be admitted."
            ),
        }
    }

    fn rules(&self) -> impl Iterator<Item = &'e ExplainedRule> {
        self.explanation.rules.iter()
    }

    /// Whether the rule is one of a model that extends the one that was named.
    fn is_of_other(&self, rule: &ExplainedRule) -> bool {
        !rule.model.eq_ignore_ascii_case(self.model)
    }

    /// By field; those of other models with the model's name.
    fn of_fields(&self) -> BTreeMap<String, Vec<&'e ExplainedRule>> {
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for rule in self.rules() {
            let Some(field) = &rule.field else { continue };
            let name = if self.is_of_other(rule) {
                format!("{}.{field}", rule.model)
            } else {
                field.clone()
            };
            found.entry(name).or_default().push(rule);
        }
        found
    }

    /// By model that extends the one that was named.
    fn of_others(&self) -> BTreeMap<&'e str, Vec<&'e ExplainedRule>> {
        let mut found = BTreeMap::<_, Vec<_>>::new();
        let of_models = self.rules().filter(|rule| rule.field.is_none());
        for rule in of_models.filter(|rule| self.is_of_other(rule)) {
            found.entry(rule.model.as_str()).or_default().push(rule);
        }
        found
    }

    fn subject(&self) -> String {
        match self.id {
            Some(id) => format!("{} {id}", self.model),
            None => self.model.to_owned(),
        }
    }

    fn asker(&self) -> String {
        if self.user.trim_start().starts_with('{') {
            "the person given".to_owned()
        } else if self.user == "nobody" {
            self.user.to_owned()
        } else {
            format!("user {}", self.user)
        }
    }

    fn list(
        &self,
        formatter: &mut fmt::Formatter<'_>,
        rules: &[&ExplainedRule],
        is_coloured: bool,
    ) -> fmt::Result {
        let places: Vec<_> = rules.iter().map(|rule| place(rule)).collect();
        let width = places.iter().map(|place| place.chars().count()).max();
        let width = width.unwrap_or_default();
        for (rule, place) in rules.iter().zip(places) {
            let (word, colour) = match (rule.holds, rule.effect) {
                (Some(true), Effect::Allow) => ("holds", Some(AnsiColor::Green)),
                (Some(true), Effect::Deny) => ("holds", Some(AnsiColor::Red)),
                (Some(false), _) => ("no", None),
                (None, _) => ("by row", Some(AnsiColor::Yellow)),
            };
            let style = style(colour, is_coloured);
            let text = one_line(&rule.place.text);
            writeln!(
                formatter,
                "  {:<5}  {style}{word:<6}{style:#}  {place:<width$}  {text}",
                effect(rule.effect)
            )?;
        }
        Ok(())
    }

    fn verdict(&self, is_coloured: bool) -> String {
        let verdict = Verdict::of(self.explanation);
        let (word, colour) = match &verdict {
            Verdict::NoRow => return "There is no such row.".to_owned(),
            Verdict::ByRow => return "It depends on the row: name one to see.".to_owned(),
            Verdict::Admitted(_) => ("Admitted", AnsiColor::Green),
            Verdict::Refused(_) => ("Refused", AnsiColor::Red),
        };
        let style = style(Some(colour), is_coloured);
        format!("{style}{word}{style:#}: {}.", verdict.reason())
    }

    fn of_field(&self, is_open: bool) -> &'static str {
        match (self.operation, is_open) {
            (RuleOperation::Read, true) => "may be seen",
            (RuleOperation::Read, false) => "is hidden: null",
            (_, true) => "may be changed",
            (_, false) => "may not be changed",
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn style(colour: Option<AnsiColor>, is_coloured: bool) -> Style {
    match colour.filter(|_| is_coloured) {
        Some(colour) => Style::new().fg_color(Some(colour.into())),
        None => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use hallpass::data::Place;

    use super::*;

    fn rule(
        field: Option<&str>,
        effect: Effect,
        line: usize,
        holds: Option<bool>,
    ) -> ExplainedRule {
        ExplainedRule {
            model: "Todo".to_owned(),
            field: field.map(str::to_owned),
            effect,
            place: Place {
                source: "schema.zmodel".to_owned(),
                line,
                column: 3,
                text: format!("@@rule(\n   {line})"),
            },
            holds,
        }
    }

    fn shown(explanation: &Explanation) -> Shown<'_> {
        Shown {
            model: "Todo",
            operation: RuleOperation::Read,
            user: "7",
            id: Some("12"),
            explanation,
        }
    }

    #[test]
    fn a_person_reads_the_rules_the_verdict_and_the_sql() {
        let explanation = Explanation {
            sql: Some("SELECT 1".to_owned()),
            rules: vec![
                rule(None, Effect::Allow, 9, Some(true)),
                rule(None, Effect::Deny, 10, Some(false)),
                rule(Some("title"), Effect::Deny, 4, Some(true)),
            ],
            admitted: Some(true),
            row: Some(true),
        };
        let text = "\
read Todo 12, asked by user 7

Rules of the model:
  allow  holds   schema.zmodel:9   @@rule( 9)
  deny   no      schema.zmodel:10  @@rule( 10)

Rules of `title`:
  deny   holds   schema.zmodel:4  @@rule( 4)

Admitted: by schema.zmodel:9.
`title`: is hidden: null

Rows that the model's rules admit are found by
  SELECT 1
";
        let shown = shown(&explanation);
        assert_eq!(shown.text(false).to_string(), text);
        let coloured = shown.text(true).to_string();
        assert!(
            coloured.contains("\u{1b}[32mAdmitted\u{1b}[0m"),
            "{coloured:?}"
        );
    }

    #[test]
    fn models_that_extend_the_one_named_are_shown_with_theirs() {
        let of = |field, model: &str| ExplainedRule {
            model: model.to_owned(),
            ..rule(field, Effect::Deny, 7, Some(true))
        };
        let explanation = Explanation {
            sql: None,
            rules: vec![of(None, "Todo"), of(None, "Chore"), of(Some("at"), "Chore")],
            admitted: Some(false),
            row: Some(true),
        };
        let shown = shown(&explanation);
        let text = shown.text(false).to_string();
        for part in [
            "\nRules of the model:\n  deny   holds   schema.zmodel:7  @@rule( 7)\n\nRules of `Chore.at`:\n",
            "\nRules of `Chore`, for its rows:\n  deny   holds   schema.zmodel:7",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let json = serde_json::to_value(&shown).unwrap();
        assert_eq!(json["rules"][1]["model"], "Chore");
    }

    #[test]
    fn what_is_refused_says_by_which_rule() {
        for (rules, admitted, row, expected) in [
            (vec![], Some(false), None, "Refused: no rule allows it."),
            (
                vec![rule(None, Effect::Deny, 3, Some(true))],
                Some(false),
                Some(true),
                "Refused: by schema.zmodel:3.",
            ),
            (
                vec![rule(None, Effect::Allow, 3, None)],
                None,
                None,
                "It depends on the row",
            ),
            (
                vec![rule(None, Effect::Allow, 3, None)],
                None,
                Some(false),
                "There is no such row.",
            ),
        ] {
            let explanation = Explanation {
                sql: None,
                rules,
                admitted,
                row,
            };
            let text = shown(&explanation).text(false).to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("Nothing is sent"), "{text}");
        }
    }
}
