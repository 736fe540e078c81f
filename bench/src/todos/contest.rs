//! Both sides do the same in turn.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::by_hand::ByHand;
use super::count::Count;
use super::places::Place;
use super::under_rules::UnderRules;
use super::{OWN, Person, Task, Todo};
use crate::options::Options;
use crate::statistics::{median, percentile};

/// Calls of one side before the other has its turn.
const TURN: usize = 50;

/// What was measured of one task on one database.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) place: &'static str,
    pub(super) todos: usize,
    pub(super) task: Task,
    pub(super) by_hand: Times,
    pub(super) under_rules: Times,
    /// How many times as long the engine takes: the median over pairs of turns.
    pub(super) ratio: f64,
}

/// How long calls took.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) median: Duration,
    pub(super) high: Duration,
}

struct Contest<'p> {
    place: &'p Place,
    by_hand: ByHand,
    under_rules: UnderRules,
    /// Counts calls, so that no two ask for the same.
    calls: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    ByHand,
    UnderRules,
}

/// Calls of one kind by one side, once both sides give the same.
pub(super) async fn make_calls(place: &Place, count: Count) -> Result<()> {
    let mut contest = Contest::of(place)?;
    contest.check().await?;
    for _ in 0..count.calls.div_ceil(TURN) {
        contest.turn(count.task, count.side).await?;
    }
    Ok(())
}

/// Every task, once both sides give the same.
pub(super) async fn run(options: &Options, place: &Place) -> Result<Vec<Figure>> {
    let mut contest = Contest::of(place)?;
    contest.check().await.context("before anything is timed")?;
    let mut figures = Vec::new();
    for task in Task::ALL {
        let figure = contest.measure(options, task).await?;
        eprintln!(
            "{}, {} todos, {}: {:.1?} by hand, {:.1?} under rules, {:.3}",
            place.name,
            place.todos,
            task.name(),
            figure.by_hand.median,
            figure.under_rules.median,
            figure.ratio
        );
        figures.push(figure);
    }
    Ok(figures)
}

impl<'p> Contest<'p> {
    fn of(place: &'p Place) -> Result<Self> {
        Ok(Self {
            place,
            by_hand: ByHand::new(&place.database),
            under_rules: UnderRules::new(&place.client)?,
            calls: 0,
        })
    }

    /// Somebody who has todos, spread over all of them.
    fn person(&self, call: usize) -> Person {
        // A step without a divisor in common with round numbers visits everybody.
        let with_todos = self.place.people / 2;
        Person::of(call.wrapping_mul(7_919) % with_todos.max(1) * 2)
    }

    async fn check(&mut self) -> Result<()> {
        for call in 0..10 {
            let person = self.person(call);
            let found = self.by_hand.find(&person).await?;
            ensure!(
                found.len() == OWN,
                "{} has {} todos",
                person.id,
                found.len()
            );
            ensure!(
                found.iter().all(|todo| todo.user_id == person.id),
                "others' todos"
            );
            ensure!(
                found == self.under_rules.find(&person).await?,
                "findMany differs"
            );
            let owned = self.by_hand.find_with_owner(&person).await?;
            ensure!(owned.iter().all(|todo| todo.owner.is_some()), "no owner");
            let same = owned == self.under_rules.find_with_owner(&person).await?;
            ensure!(same, "findMany with include differs");
            let id = person.todo(call);
            for text in ["one", "two"] {
                let by_hand = self.by_hand.update(&person, &id, text).await?;
                ensure!(by_hand.content == text, "update by hand");
                let under_rules = self.under_rules.update(&person, &id, text).await?;
                ensure!(by_hand == under_rules, "update differs");
            }
            let other = self.person(call + 1);
            let stolen = self.under_rules.update(&other, &id, "stolen").await;
            ensure!(stolen.is_err(), "somebody else's todo was changed");
            ensure!(
                self.by_hand.update(&other, &id, "stolen").await.is_err(),
                "by hand, too"
            );
            let made = self.under_rules.create(&person, "new").await?;
            let expected = Todo {
                id: made.id.clone(),
                created_at: made.created_at,
                ..self.by_hand.create(&person, "new").await?
            };
            ensure!(made == expected, "create differs");
        }
        Ok(())
    }

    async fn measure(&mut self, options: &Options, task: Task) -> Result<Figure> {
        self.turns(task, options.warm_up(1)).await?;
        let mut all = (Vec::new(), Vec::new());
        let mut ratios = Vec::new();
        for _ in 0..options.rounds {
            for (by_hand, under_rules) in self.turns(task, options.duration()).await? {
                let middle = |times: &[Duration]| median(times.iter().copied()).unwrap_or_default();
                let (one, other) = (middle(&by_hand), middle(&under_rules));
                ratios.push(other.as_secs_f64() / one.as_secs_f64());
                all.0.extend(by_hand);
                all.1.extend(under_rules);
            }
        }
        Ok(Figure {
            place: self.place.name,
            todos: self.place.todos,
            task,
            by_hand: Times::of(all.0),
            under_rules: Times::of(all.1),
            ratio: median(ratios.into_iter()).context("nothing was measured")?,
        })
    }

    /// Pairs of turns until the time is up.
    async fn turns(
        &mut self,
        task: Task,
        time: Duration,
    ) -> Result<Vec<(Vec<Duration>, Vec<Duration>)>> {
        let started = Instant::now();
        let mut turns = Vec::new();
        while started.elapsed() < time {
            let by_hand = self.turn(task, Side::ByHand).await?;
            let under_rules = self.turn(task, Side::UnderRules).await?;
            turns.push((by_hand, under_rules));
        }
        Ok(turns)
    }

    async fn turn(&mut self, task: Task, side: Side) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(TURN);
        for _ in 0..TURN {
            self.calls += 1;
            let person = self.person(self.calls);
            let text = format!("written by call {}", self.calls);
            let started = Instant::now();
            self.call(task, side, &person, &text).await?;
            times.push(started.elapsed());
        }
        Ok(times)
    }

    async fn call(&self, task: Task, side: Side, person: &Person, text: &str) -> Result<()> {
        let (by_hand, under_rules) = (&self.by_hand, &self.under_rules);
        let found = match (task, side) {
            (Task::Find, Side::ByHand) => by_hand.find(person).await?.len(),
            (Task::Find, Side::UnderRules) => under_rules.find(person).await?.len(),
            (Task::FindWithOwner, Side::ByHand) => by_hand.find_with_owner(person).await?.len(),
            (Task::FindWithOwner, Side::UnderRules) => {
                under_rules.find_with_owner(person).await?.len()
            }
            (Task::Create, Side::ByHand) => by_hand.create(person, text).await.map(|_| OWN)?,
            (Task::Create, Side::UnderRules) => {
                under_rules.create(person, text).await.map(|_| OWN)?
            }
            (Task::Update, Side::ByHand) => {
                let id = person.todo(self.calls);
                by_hand.update(person, &id, text).await.map(|_| OWN)?
            }
            (Task::Update, Side::UnderRules) => {
                let id = person.todo(self.calls);
                under_rules.update(person, &id, text).await.map(|_| OWN)?
            }
        };
        ensure!(found == OWN, "{} rows instead of {OWN}", found);
        Ok(())
    }
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            median: percentile(&times, 50),
            high: percentile(&times, 99),
        }
    }
}
