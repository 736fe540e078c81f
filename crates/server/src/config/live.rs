//! The settings under `[data]` whose names begin with `live`: results that stay as they are.

use std::time::Duration;

use hallpass::LiveOptions;
use hallpass::auth::time::span_seconds;

use super::passwords::some_number;
use super::problem::Problem;
use super::read::{Reader, SWITCHES};
use super::sessions::seconds;

/// How often the change log is looked at for writes of other programs, while somebody follows a query.
const INTERVAL: Duration = Duration::from_millis(500);

/// Live queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Live {
    /// How many there may be, and how often they read.
    pub(crate) options: LiveOptions,
    /// How often it is looked what other programs wrote.
    pub(crate) interval: Duration,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            options: LiveOptions::default(),
            interval: INTERVAL,
        }
    }
}

impl Reader {
    /// `None` where they are switched off.
    pub(super) fn live(&mut self) -> Option<Live> {
        let is_on = self.choice("data.live", &SWITCHES).unwrap_or(true);
        let mut live = Live::default();
        let options = &mut live.options;
        if let Some(most) = self.parsed("data.live_queries", some_number) {
            options.queries = most.get();
        }
        if let Some(most) = self.parsed("data.live_queries_of_person", some_number) {
            options.queries_of_person = most.get();
        }
        if let Some(rows) = self.parsed("data.live_rows", some_number) {
            options.rows = u64::try_from(rows.get()).unwrap_or(u64::MAX);
        }
        if let Some(bytes) = self.parsed("data.live_bytes", some_number) {
            options.result_bytes = bytes.get();
            options.all_bytes = options.all_bytes.max(bytes.get().saturating_mul(4));
        }
        if let Some(time) = self.parsed("data.live_look_again", seconds) {
            options.look_again = time;
        }
        if let Some(time) = self.parsed("data.live_interval", short) {
            live.interval = time;
        }
        is_on.then_some(live)
    }
}

/// `500ms`, or whole seconds, up to a minute.
fn short(text: &str) -> Result<Duration, Problem> {
    let millis = text.strip_suffix("ms").and_then(|text| text.parse().ok());
    let seconds = || span_seconds(text)?.checked_mul(1000);
    millis
        .or_else(seconds)
        .filter(|millis| (10..=60_000).contains(millis))
        .map(Duration::from_millis)
        .ok_or_else(|| Problem::NotShort(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn live(text: &str, variables: &[(&str, &str)]) -> Result<Option<Live>, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.data.live).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn file_and_variables_say_the_same() {
        let text = "[data]
            live_queries = 10
            live_queries_of_person = 2
            live_rows = 20
            live_bytes = 5000
            live_look_again = '5s'
            live_interval = '250ms'";
        let variables = [
            ("HALLPASS_DATA_LIVE", "true"),
            ("HALLPASS_DATA_LIVE_QUERIES", "10"),
            ("HALLPASS_DATA_LIVE_QUERIES_OF_PERSON", "2"),
            ("HALLPASS_DATA_LIVE_ROWS", "20"),
            ("HALLPASS_DATA_LIVE_BYTES", "5000"),
            ("HALLPASS_DATA_LIVE_LOOK_AGAIN", "5"),
            ("HALLPASS_DATA_LIVE_INTERVAL", "250ms"),
        ];
        let expected = Live {
            options: LiveOptions {
                queries: 10,
                queries_of_person: 2,
                rows: 20,
                result_bytes: 5000,
                look_again: Duration::from_secs(5),
                ..LiveOptions::default()
            },
            interval: Duration::from_millis(250),
        };
        assert_eq!(live(text, &[]), Ok(Some(expected)));
        assert_eq!(live("", &variables), Ok(Some(expected)));
        assert_eq!(live("", &[]), Ok(Some(Live::default())));
        assert_eq!(live("[data]\nlive = false", &[]), Ok(None));
        let second = live("[data]\nlive_interval = '1s'", &[]).unwrap().unwrap();
        assert_eq!(second.interval, Duration::from_secs(1));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for text in ["5ms", "2m", "0", "ms", "-10ms", "soon"] {
            let error = live(&format!("[data]\nlive_interval = '{text}'"), &[]).unwrap_err();
            assert!(
                error.ends_with(&format!("`{text}` is no time from 10ms to 60s")),
                "{error}"
            );
        }
        assert!(live("[data]\nlive_rows = 0", &[]).is_err());
    }
}
