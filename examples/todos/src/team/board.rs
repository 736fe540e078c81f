//! What stands behind the board: the table that tells of users, and who says what becomes of those who go.

use std::sync::Arc;

use hallpass::Client;
use hallpass::changes::{
    ChangesError, Deletion, OnGone, People, Reference, Referred, TrackError, UserSync,
};
use hallpass::data::Error;
use hallpass::data::zmodel::Schema;

use crate::schema::{Tables, Team, team, user};

/// The board that there is.
pub(super) const TEAM: &str = "team";
/// The view of `team.zmodel`.
const VIEW: &str = "team_member";

/// The team board on one database. Clones are cheap and share everything.
#[derive(Debug, Clone)]
pub struct Board(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    users: UserSync,
    people: People,
    owners: Reference,
    keeping: Keeping,
    live: Option<String>,
}

/// Who says what becomes of what is told of users who go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The administrator of the board, on its page. It begins soft.
    Administrator,
    /// Whoever runs the application.
    Setting(Deletion),
}

/// Why there is no board.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Nobody can tell of users.
    #[error(transparent)]
    Changes(#[from] ChangesError),
    /// The board's own tables cannot be written.
    #[error("the team board cannot be made ready")]
    Data(#[from] Error),
}

impl From<TrackError> for BoardError {
    fn from(error: TrackError) -> Self {
        Self::Changes(error.into())
    }
}

impl Board {
    /// Makes everything ready in the database at `address`, which is the client's: the table that tells of users, kept from now on,
    /// with everybody who is there; a view of it; and the team. Does nothing where all is there.
    ///
    /// # Errors
    /// [`BoardError`] when the database refuses.
    pub async fn open(address: &str, db: &Client, keeping: Keeping) -> Result<Self, BoardError> {
        let users = UserSync::connect(address).await?;
        let people = users.people(db.schema()).await?;
        let deletion = match keeping {
            Keeping::Setting(deletion) => deletion,
            // What was chosen on the page holds after a new start.
            Keeping::Administrator => users.deletion(&people).await?.unwrap_or_default(),
        };
        users.install(&people, deletion).await?;
        users.backfill(&people, |_| {}).await?;
        users.show_as(VIEW).await?;
        let only = || team::id().is(TEAM);
        if db.team().find_unique(only()).await?.is_none() {
            let made = db.team().upsert(only(), Team::new().id(TEAM));
            made.set(team::id().to(TEAM)).await?;
        }
        Ok(Self(Arc::new(Inner {
            owners: Reference::of(db.schema(), "TeamTodo", "ownerId")?,
            users,
            people,
            keeping,
            live: None,
        })))
    }

    /// The same, whose pages follow the live query of team members at this path: `/api/model/teamMember/live`.
    #[must_use]
    pub fn live_at(&self, path: &str) -> Self {
        let Inner {
            users,
            people,
            owners,
            keeping,
            ..
        } = &*self.0;
        Self(Arc::new(Inner {
            users: users.clone(),
            people: people.clone(),
            owners: owners.clone(),
            keeping: *keeping,
            live: Some(path.to_owned()),
        }))
    }

    /// Ends the board's own connections.
    pub async fn close(&self) {
        self.0.users.close().await;
    }

    pub(super) fn live(&self) -> Option<&str> {
        self.0.live.as_deref()
    }

    /// Whether todos can only name users who are told of.
    pub(super) async fn refers(&self) -> Result<bool, ChangesError> {
        self.0.users.refers(&self.0.owners).await
    }

    /// Adds the foreign key, or says what is in its way. The change log follows the key, where anything is tracked.
    pub(super) async fn refer(&self, schema: &Schema) -> Result<Referred, ChangesError> {
        let Inner {
            users,
            people,
            owners,
            ..
        } = &*self.0;
        let referred = users.refer(people, owners, OnGone::Cascade).await?;
        if referred == Referred::Added {
            users.changes().follow_keys(schema).await?;
        }
        Ok(referred)
    }

    /// What becomes of those who go; nothing where nobody tells of users any longer.
    pub(super) async fn deletion(&self) -> Result<Option<Deletion>, ChangesError> {
        self.0.users.deletion(&self.0.people).await
    }

    /// Whether that is said on the page.
    pub(super) fn is_said_by_page(&self) -> bool {
        self.0.keeping == Keeping::Administrator
    }

    /// Says what becomes of those who go from now on. Does nothing where that is a setting.
    pub(super) async fn set_deletion(&self, deletion: Deletion) -> Result<(), ChangesError> {
        if self.is_said_by_page() {
            self.0.users.install(&self.0.people, deletion).await?;
        }
        Ok(())
    }
}

/// Who administers the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Administrator {
    /// Nobody, or somebody who is no user any longer.
    Nobody,
    /// Whoever asks.
    You,
    /// Another.
    Other,
}

impl Administrator {
    /// Asks the team and the users themselves, with full access: what is told of users decides nothing.
    pub(super) async fn of(db: &Client, who: &str) -> Result<Self, Error> {
        let team = db.team().find_unique(team::id().is(TEAM)).await?;
        let Some(admin) = team.and_then(|team| team.admin_id) else {
            return Ok(Self::Nobody);
        };
        if admin == who {
            return Ok(Self::You);
        }
        let is_user = db.user().exists().filter(user::id().eq(&admin)).await?;
        Ok(if is_user { Self::Other } else { Self::Nobody })
    }
}

/// Makes somebody the administrator, where there is none. Of two at once, one is.
pub(super) async fn administrate(db: &Client, who: &str) -> Result<(), Error> {
    let team = db.team().load_unique(team::id().is(TEAM)).await?;
    if Administrator::of(db, who).await? != Administrator::Nobody {
        return Ok(());
    }
    // With full access, for the rules let nobody change the team. What was read must still be so.
    let change = db.team().update_many().filter(team::id().eq(TEAM));
    let change = change.filter(team::admin_id().eq(team.admin_id));
    change.set(team::admin_id().to(who)).await?;
    Ok(())
}
