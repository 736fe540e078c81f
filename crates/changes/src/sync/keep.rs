//! A target that is kept for as long as somebody asks: it is connected to when it answers, and its follower opened.

use std::fmt;
use std::sync::Arc;

use hallpass_db::Database;
use hallpass_zmodel::Schema;

use super::follow::{reader, target_of};
use super::{Deletion, Follower, Refusal, UserSync};
use crate::error::ChangesError;

/// Changes that one turn tells of.
const MOST: usize = 500;

/// A target of user sync, by its address. It need not answer when this is made.
pub struct Kept {
    source: UserSync,
    schema: Arc<Schema>,
    name: String,
    /// With a password in it: never shown.
    address: String,
    deletion: Deletion,
    target: Option<Database>,
    follower: Option<Follower>,
    /// The end of the log when there was nothing left to tell.
    rested: Option<i64>,
    /// Whom the target refuses, as this one has seen it last.
    refused: Vec<Refusal>,
    /// Those of whom nobody has heard.
    new: Vec<Refusal>,
}

/// What one turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// More is to be done at once.
    More,
    /// Nothing is, until something happens.
    Rest,
}

impl Kept {
    /// The target `name` of the users of a schema.
    pub fn new(
        source: &UserSync,
        schema: &Arc<Schema>,
        name: &str,
        address: &str,
        deletion: Deletion,
    ) -> Self {
        Self {
            source: source.clone(),
            schema: Arc::clone(schema),
            name: name.to_owned(),
            address: address.to_owned(),
            deletion,
            target: None,
            follower: None,
            rested: None,
            refused: Vec::new(),
            new: Vec::new(),
        }
    }

    /// The users whom the target has refused since this was asked last, for whoever writes a log.
    pub fn newly_refused(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.new)
    }

    /// The name of the work on the target `name`, and of its reader in the source's log.
    pub fn work_name(name: &str) -> String {
        reader(name)
    }

    /// The target of a work, or a reader, of this name.
    pub fn target_of(work: &str) -> Option<&str> {
        target_of(work)
    }

    /// Does a part of the work. While nothing happens in the source, the target is not asked anything.
    ///
    /// # Errors
    /// As [`Follower::open`] and [`Follower::step`]; the next turn begins where this one did, with the tables as they are then.
    pub async fn turn(&mut self) -> Result<Turn, ChangesError> {
        let turn = self.work().await;
        if turn.is_err() {
            // The users may have other columns by now.
            self.follower = None;
            self.rested = None;
        }
        turn
    }

    /// Copies everybody anew.
    ///
    /// # Errors
    /// As [`Follower::open`] and [`Follower::restart`].
    pub async fn restart(&mut self) -> Result<(), ChangesError> {
        self.rested = None;
        self.follower().await?.restart().await
    }

    /// Ends the connections to the target.
    pub async fn close(&mut self) {
        self.follower = None;
        if let Some(target) = self.target.take() {
            target.close().await;
        }
    }

    async fn work(&mut self) -> Result<Turn, ChangesError> {
        if let Some(rested) = self.rested
            && self.source.log().last().await? == rested
            && !self.is_any_due().await?
        {
            return Ok(Turn::Rest);
        }
        let follower = self.follower().await?;
        let followed = follower.step(MOST).await;
        let refused = follower.refusals().await?;
        self.hear(refused);
        let followed = followed?;
        let is_over = !followed.is_copying && followed.behind == 0;
        self.rested = is_over.then_some(followed.position);
        Ok(if is_over { Turn::Rest } else { Turn::More })
    }

    /// Whether somebody whom the target refuses is to be tried again.
    async fn is_any_due(&mut self) -> Result<bool, ChangesError> {
        if self.refused.is_empty() {
            return Ok(false);
        }
        self.follower().await?.has_due().await
    }

    fn hear(&mut self, refused: Vec<Refusal>) {
        for one in &refused {
            if !self.refused.iter().any(|other| other.user == one.user) {
                self.new.push(one.clone());
            }
        }
        self.refused = refused;
    }

    async fn follower(&mut self) -> Result<&Follower, ChangesError> {
        let target = match &self.target {
            Some(target) => target.clone(),
            None => crate::connect(&self.address).await?,
        };
        let target = self.target.insert(target).clone();
        let follower = match self.follower.take() {
            Some(follower) => follower,
            None => {
                let people = self.source.people(&self.schema).await?;
                Follower::open(&self.source, &people, &target, &self.name, self.deletion).await?
            }
        };
        Ok(self.follower.insert(follower))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kept").field(&self.name).finish()
    }
}
