//! Several statements in one round trip: they go out one behind the other before the first is answered.
//!
//! INVARIANT: what follows a statement that could not go out does not go out either. Else COMMIT would keep half of a
//! transaction.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hallpass_sql::Access;

use super::{Bound, Connection, Prepared, RunError, bind, errors};
use crate::drivers::Statement;
use crate::error::Error;
use crate::rows::Rows;

/// One of them.
pub(in super::super) enum Step<'a> {
    /// Without values and rows.
    Command(&'static str),
    Statement(Statement<'a>),
}

/// Steps that can go out at once.
pub(in super::super) struct Train<'a>(Vec<Car<'a>>);

enum Car<'a> {
    Command(&'static str),
    Statement {
        text: &'a str,
        prepared: Arc<Prepared>,
        /// Whether it was prepared before.
        known: bool,
        bound: Vec<Bound<'a>>,
        access: Access,
        most: Option<u64>,
    },
}

/// What came of each step, in their order; of those behind one that could not go out nothing.
pub(in super::super) struct Ran {
    results: Vec<Result<Rows, Error>>,
    /// How many steps there were.
    steps: usize,
}

impl Ran {
    /// The error of the first step.
    pub(in super::super) fn first_error(&self) -> Option<&Error> {
        self.results.first()?.as_ref().err()
    }

    pub(in super::super) fn any_succeeded(&self) -> bool {
        self.results.iter().any(Result::is_ok)
    }

    /// Whether every step went out and the last one succeeded.
    pub(in super::super) fn has_ended(&self) -> bool {
        self.results.len() == self.steps && self.results.last().is_some_and(Result::is_ok)
    }

    /// The rows of a step, or the first error of any.
    pub(in super::super) fn into_rows_of(self, place: usize) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        for (position, result) in self.results.into_iter().enumerate() {
            let of_step = result?;
            if position == place {
                rows = of_step;
            }
        }
        Ok(rows)
    }

    /// The rows of the last step, or the first error.
    pub(in super::super) fn into_result(self) -> Result<Rows, Error> {
        let mut last = Rows::default();
        for result in self.results {
            last = result?;
        }
        Ok(last)
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Rows, RunError>> + Send + 'a>>;

impl Connection {
    /// Prepares what is not prepared yet. Nothing has run when that fails.
    pub(in super::super) async fn couple<'a>(
        &self,
        steps: Vec<Step<'a>>,
    ) -> Result<Train<'a>, Error> {
        let mut cars = Vec::with_capacity(steps.len());
        for step in steps {
            cars.push(match step {
                Step::Command(text) => Car::Command(text),
                Step::Statement(statement) => self.couple_one(statement).await?,
            });
        }
        Ok(Train(cars))
    }

    async fn couple_one<'a>(&self, statement: Statement<'a>) -> Result<Car<'a>, Error> {
        let known = self.statements().find(statement.text);
        let (prepared, known) = match known {
            Some(prepared) => (prepared, true),
            None => (self.prepare(statement.text).await?, false),
        };
        Ok(Car::Statement {
            bound: bind(&prepared, statement.values)?,
            text: statement.text,
            access: statement.access,
            most: statement.most,
            prepared,
            known,
        })
    }

    /// Runs them in an open transaction, or in one that the first of them opens.
    pub(in super::super) async fn run_train(&self, train: Train<'_>) -> Ran {
        let steps = train.0.len();
        let about: Vec<_> = train.0.iter().map(Car::text_and_known).collect();
        let running = train.0.into_iter().map(|car| self.start(car)).collect();
        let mut failed = false;
        let results = all_of(running).await.into_iter().zip(about);
        let explained = results.map(|(result, (text, known))| {
            result.map_err(|failure| {
                // The others failed because the first did.
                let is_first = !std::mem::replace(&mut failed, true);
                match failure {
                    RunError::Ours(error) => error,
                    RunError::Database(error) if is_first => {
                        self.explain(&error, text, known).into_error()
                    }
                    RunError::Database(error) => errors::of_running(&error),
                }
            })
        });
        Ran {
            results: explained.collect(),
            steps,
        }
    }

    fn start<'a>(&'a self, car: Car<'a>) -> Running<'a> {
        match car {
            Car::Command(text) => Box::pin(async move {
                self.client.batch_execute(text).await?;
                Ok(Rows::default())
            }),
            Car::Statement {
                prepared,
                bound,
                access,
                most,
                ..
            } => Box::pin(async move { self.run(&prepared, bound, access, most).await }),
        }
    }
}

impl<'a> Car<'a> {
    fn text_and_known(&self) -> (&'a str, bool) {
        match self {
            Self::Command(text) => (text, false),
            Self::Statement { text, known, .. } => (text, *known),
        }
    }
}

/// Runs all at the same time. The driver sends each when it is polled first, so they go out in this order, and none behind
/// one that failed at once.
async fn all_of(mut running: Vec<Running<'_>>) -> Vec<Result<Rows, RunError>> {
    let mut results = Vec::new();
    results.resize_with(running.len(), || None);
    let mut is_sent = false;
    poll_fn(move |context| {
        let mut is_over = true;
        for (future, result) in running.iter_mut().zip(&mut results) {
            if result.is_some() {
                continue;
            }
            match future.as_mut().poll(context) {
                Poll::Ready(done) => *result = Some(done),
                Poll::Pending => is_over = false,
            }
            if !is_sent && matches!(result, Some(Err(_))) {
                break;
            }
        }
        if !is_sent {
            is_sent = true;
            // What was not polled by now never is.
            let unsent = results
                .iter()
                .position(|result| matches!(result, Some(Err(_))));
            let sent = unsent.map_or(running.len(), |unsent| unsent + 1);
            running.truncate(sent);
            results.truncate(sent);
        }
        if is_over {
            return Poll::Ready(results.drain(..).flatten().collect());
        }
        Poll::Pending
    })
    .await
}
