//! What is done with the todos of the team. Who may do what stands in `team.zmodel`: the client is the person's.

use hallpass::data::{Client, Error};

use super::board::TEAM;
use super::owner::Owner;
use crate::schema::{Tables, TeamTodo, team_todo};

/// As many todos as a page shows.
pub(super) const SHOWN: u32 = 50;

/// A todo with its owner.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) todo: TeamTodo,
    pub(super) owner: Owner,
}

/// How many todos there are, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Of everybody.
    pub(super) all: u64,
    /// Of everybody, to be done.
    pub(super) open: u64,
    /// Of whoever asks, to be done.
    pub(super) own_open: u64,
}

/// The todos of a page, from 1, newest first.
pub(super) async fn list(db: &Client, page: u32) -> Result<Vec<Owned>, Error> {
    let newest_first = db
        .team_todo()
        .find_many()
        .order_by(team_todo::created_at().desc());
    let found = newest_first
        .order_by(team_todo::id().desc())
        .include(team_todo::owner())
        .skip(page.saturating_sub(1).saturating_mul(SHOWN))
        .take(SHOWN);
    let owned = found.await?.into_iter().map(|row| Owned {
        owner: Owner::of(row.owner.as_ref()),
        todo: row.row,
    });
    Ok(owned.collect())
}

pub(super) async fn counts(db: &Client, who: &str) -> Result<Counts, Error> {
    let open = || team_todo::completed().eq(false);
    let own_open = open().and(team_todo::owner_id().eq(who));
    Ok(Counts {
        all: db.team_todo().count().await?,
        open: db.team_todo().count().filter(open()).await?,
        own_open: db.team_todo().count().filter(own_open).await?,
    })
}

/// Adds one; it is the person's.
pub(super) async fn add(db: &Client, content: &str) -> Result<TeamTodo, Error> {
    let new = TeamTodo::new().content(content);
    db.team_todo().create(new.team_id(TEAM)).await
}

/// Ticks or unticks one, as it is wanted: what is so already stays so. `None` for what the person may not change, or is not there.
pub(super) async fn set(db: &Client, id: &str, completed: bool) -> Result<Option<TeamTodo>, Error> {
    let update = db.team_todo().update(team_todo::id().is(id));
    found(update.set(team_todo::completed().to(completed)).await)
}

/// Removes one; `None` as for [`set`].
pub(super) async fn remove(db: &Client, id: &str) -> Result<Option<TeamTodo>, Error> {
    found(db.team_todo().delete(team_todo::id().is(id)).await)
}

/// What is not there and what is another's are answered alike.
fn found(result: Result<TeamTodo, Error>) -> Result<Option<TeamTodo>, Error> {
    match result {
        Err(Error::NotFound { .. } | Error::Rejected { .. }) => Ok(None),
        result => result.map(Some),
    }
}
