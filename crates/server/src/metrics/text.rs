//! The text format of Prometheus.

use std::fmt::Write as _;

/// Measurements as text.
#[derive(Debug, Default)]
pub(super) struct Text(String);

/// One measurement that goes up and down, with a row for each set of labels.
pub(super) struct Gauge<'a> {
    name: &'static str,
    text: &'a mut String,
}

impl Text {
    /// Begins a measurement. `help` is one line without a backslash.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str) -> Gauge<'_> {
        let text = &mut self.0;
        // Writing to a String does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        Gauge { name, text }
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl Gauge<'_> {
    /// Its value under these labels.
    pub(super) fn row(&mut self, labels: &[(&str, &str)], value: i64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
    }
}

/// Names of readers are whatever programs call themselves.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_below_what_they_are_of_with_their_labels_escaped() {
        let mut text = Text::default();
        text.gauge("a", "Of a.").row(&[], -1);
        let mut gauge = text.gauge("b", "Of b.");
        gauge.row(&[("reader", "x \"y\" \\z\n# TYPE"), ("reason", "away")], 7);
        assert_eq!(
            text.into_string(),
            "# HELP a Of a.\n# TYPE a gauge\na -1\n\
             # HELP b Of b.\n# TYPE b gauge\nb{reader=\"x \\\"y\\\" \\\\z\\n# TYPE\",reason=\"away\"} 7\n"
        );
    }
}
