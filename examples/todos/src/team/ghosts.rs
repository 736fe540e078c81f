//! Todos whose owner nobody tells of: gone without a trace, or not told of yet.

use hallpass::data::{Client, Error};

use crate::schema::{Tables, TeamTodo, team_todo, user};

/// As many ghosts as are looked at together.
const SHOWN: u32 = 200;

/// A todo whose owner is not told of.
#[derive(Debug)]
pub(super) struct Ghost {
    pub(super) todo: TeamTodo,
    /// Whether the owner is a user nevertheless. Such a todo is nobody's to take.
    pub(super) is_syncing: bool,
}

/// The oldest ghosts, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    pub(super) shown: Vec<Ghost>,
    pub(super) count: u64,
}

impl Ghosts {
    pub(super) fn more(&self) -> u64 {
        let shown = u64::try_from(self.shown.len()).unwrap_or(u64::MAX);
        self.count.saturating_sub(shown)
    }
}

/// Looks for them, with full access: what rules hide from somebody is no ghost.
pub(super) async fn find(db: &Client) -> Result<Ghosts, Error> {
    let count = db.team_todo().count().filter(is_ghost()).await?;
    Ok(Ghosts {
        shown: some(db, is_ghost()).await?,
        count,
    })
}

/// What becomes of ghosts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act<'a> {
    /// They are this user's.
    Adopt(&'a str),
    /// They go.
    Purge,
}

impl Act<'_> {
    async fn on(self, person: &Client, ids: Vec<String>) -> Result<u64, Error> {
        let these = team_todo::id().one_of(ids);
        match self {
            Self::Adopt(who) => {
                let them = person.team_todo().update_many().filter(these);
                them.set(team_todo::owner_id().to(who)).await
            }
            Self::Purge => person.team_todo().delete_many().filter(these).await,
        }
    }
}

/// Does it to all ghosts or to the one of this id, some at a time, by the person's own rights; says how many there were.
pub(super) async fn act(
    db: &Client,
    person: &Client,
    act: Act<'_>,
    id: Option<&str>,
) -> Result<u64, Error> {
    let mut done = 0;
    let mut after = String::new();
    loop {
        let mut filter = is_ghost().and(team_todo::id().gt(&after));
        if let Some(id) = id {
            filter = filter.and(team_todo::id().eq(id));
        }
        let found = some(db, filter).await?;
        let Some(last) = found.last() else {
            return Ok(done);
        };
        after.clone_from(&last.todo.id);
        let theirs = found.into_iter().filter(|ghost| !ghost.is_syncing);
        let ids: Vec<_> = theirs.map(|ghost| ghost.todo.id).collect();
        if !ids.is_empty() {
            done += act.on(person, ids).await?;
        }
    }
}

type Filter = hallpass::typed::Filter<TeamTodo>;

/// Nobody tells of its owner.
fn is_ghost() -> Filter {
    team_todo::owner().is_not(hallpass::typed::all([]))
}

async fn some(db: &Client, filter: Filter) -> Result<Vec<Ghost>, Error> {
    let todos = db.team_todo().find_many().filter(filter);
    let todos = todos.order_by(team_todo::id().asc()).take(SHOWN).await?;
    let owners = todos.iter().map(|todo| todo.owner_id.as_str());
    // The users themselves, and not what is told of them.
    let users = db.user().find_many().filter(user::id().one_of(owners));
    let users: Vec<String> = users.select(user::id()).await?;
    let ghosts = todos.into_iter().map(|todo| Ghost {
        is_syncing: users.contains(&todo.owner_id),
        todo,
    });
    Ok(ghosts.collect())
}
