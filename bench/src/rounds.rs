//! Measurements of the same thing, one a round, and how they compare with those of a yardstick.

use crate::load::Measurement;
use crate::statistics::median;

/// What the rounds showed, in their order.
#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<Measurement>);

impl Rounds {
    pub(crate) fn add(&mut self, measurement: Measurement) {
        self.0.push(measurement);
    }

    /// Of each figure the median.
    pub(crate) fn median(&self) -> Measurement {
        Measurement {
            requests_per_second: self
                .median_of(|one| one.requests_per_second)
                .unwrap_or_default(),
            p50: self.median_of(|one| one.p50).unwrap_or_default(),
            p99: self.median_of(|one| one.p99).unwrap_or_default(),
            server: self.median_of(|one| one.server).unwrap_or_default(),
            database: self.median_of(|one| one.database).unwrap_or_default(),
        }
    }

    fn median_of<T: PartialOrd>(&self, of: impl Fn(&Measurement) -> T) -> Option<T> {
        median(self.0.iter().map(of))
    }

    /// Requests a second and, in brackets, server CPU, in per cent of the yardstick's.
    pub(crate) fn compared(&self, yardstick: Option<&Self>) -> String {
        let times = yardstick.and_then(|yardstick| {
            let speed = self.times(yardstick, |one| one.requests_per_second)?;
            let cpu = self.times(yardstick, |one| one.server.as_secs_f64())?;
            Some((speed, cpu))
        });
        times.map_or_else(
            || "–".to_owned(),
            |(speed, cpu)| format!("{:.0} % ({:.0} %)", speed * 100.0, cpu * 100.0),
        )
    }

    /// How many times as much as the yardstick in the same round: what else the machine does then burdens both.
    fn times(&self, yardstick: &Self, of: impl Fn(&Measurement) -> f64) -> Option<f64> {
        let pairs = self.0.iter().zip(&yardstick.0);
        median(pairs.map(|(one, other)| of(one) / of(other)))
    }
}

impl FromIterator<Measurement> for Rounds {
    fn from_iter<I: IntoIterator<Item = Measurement>>(rounds: I) -> Self {
        Self(rounds.into_iter().collect())
    }
}

/// A measurement whose times are all the same.
#[cfg(test)]
pub(crate) fn measured(requests_per_second: f64, micros: u64) -> Measurement {
    use std::time::Duration;

    let time = Duration::from_micros(micros);
    Measurement {
        requests_per_second,
        p50: time,
        p99: time,
        server: time,
        database: Duration::ZERO,
    }
}
