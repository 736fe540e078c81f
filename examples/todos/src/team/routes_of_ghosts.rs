//! Ghosts, and what keeps them from coming: the foreign key, and what becomes of users who go.

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hallpass::changes::{Deletion, Orphans, Referred};
use hallpass::{Db, Links, Session};
use serde::Deserialize;

use super::Team;
use super::board::{self, Administrator};
use super::ghosts::{self, Act, Ghosts};
use super::owner;
use super::problem::Problem;
use super::routes::{Frame, page};

#[derive(Template)]
#[template(path = "team/ghosts.html")]
struct Page {
    frame: Frame,
    administrator: Administrator,
    ghosts: Ghosts,
    has_key: bool,
    deletion: Option<Deletion>,
    is_said_by_page: bool,
    notice: Option<&'static str>,
    /// What was in the way of the key.
    refused: Option<Orphans>,
}

impl Page {
    fn is_administrator(&self) -> bool {
        self.administrator == Administrator::You
    }
}

#[derive(Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Which {
    id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    deletion: String,
}

/// What was done, by the word that stands in the address.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "adopted" => "They are yours now.",
        "purged" => "They are gone.",
        "administrator" => "You administer the board now.",
        "key" => "The foreign key is there: the todos of users whose row goes, go as well.",
        "deletion" => "That holds for whoever goes from now on.",
        _ => return None,
    })
}

fn back(done: &str) -> Redirect {
    Redirect::to(&format!("/team/ghosts?done={done}"))
}

/// `GET /team/ghosts`
pub(super) async fn show(
    State(team): State<Team>,
    session: Session,
    links: Links,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let done = done.ok().and_then(|Query(done)| done.done);
    let notice = done.as_deref().and_then(notice);
    let shown = read(&team, links, &session).await?;
    Ok(page(&Page { notice, ..shown }))
}

/// `POST /team/ghosts/adopt`, a form with `id`, or without it for all of them.
pub(super) async fn adopt(
    State(team): State<Team>,
    session: Session,
    db: Db,
    which: Result<Form<Which>, FormRejection>,
) -> Result<Redirect, Problem> {
    require(&team, &session).await?;
    let Form(Which { id }) = which?;
    let adopt = Act::Adopt(session.user_id().as_str());
    let adopted = ghosts::act(&team.db, &db, adopt, id.as_deref()).await?;
    answer(adopted, id.as_deref(), "adopted")
}

/// `POST /team/ghosts/purge`, as [`adopt`].
pub(super) async fn purge(
    State(team): State<Team>,
    session: Session,
    db: Db,
    which: Result<Form<Which>, FormRejection>,
) -> Result<Redirect, Problem> {
    require(&team, &session).await?;
    let Form(Which { id }) = which?;
    let purged = ghosts::act(&team.db, &db, Act::Purge, id.as_deref()).await?;
    answer(purged, id.as_deref(), "purged")
}

/// `POST /team/administrator`: whoever asks first, where there is none.
pub(super) async fn administrate(
    State(team): State<Team>,
    session: Session,
) -> Result<Redirect, Problem> {
    board::administrate(&team.db, session.user_id().as_str()).await?;
    require(&team, &session).await?;
    Ok(back("administrator"))
}

/// `POST /team/key`: adds the foreign key, or shows the page with what is in its way.
pub(super) async fn add_key(
    State(team): State<Team>,
    session: Session,
    links: Links,
) -> Result<Response, Problem> {
    require(&team, &session).await?;
    match team.board.refer(team.db.schema()).await? {
        Referred::Added | Referred::Already => Ok(back("key").into_response()),
        Referred::Orphans(orphans) => {
            let refused = Some(orphans);
            let shown = read(&team, links, &session).await?;
            let shown = page(&Page { refused, ..shown });
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
    }
}

/// `POST /team/deletion`, a form with `deletion`: `soft` or `hard`.
pub(super) async fn set_deletion(
    State(team): State<Team>,
    session: Session,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Redirect, Problem> {
    require(&team, &session).await?;
    let Form(Said { deletion }) = said?;
    let deletion = owner::deletion(&deletion).ok_or(Problem::Form)?;
    team.board.set_deletion(deletion).await?;
    Ok(back("deletion"))
}

async fn require(team: &Team, session: &Session) -> Result<(), Problem> {
    match Administrator::of(&team.db, session.user_id().as_str()).await? {
        Administrator::You => Ok(()),
        Administrator::Other | Administrator::Nobody => Err(Problem::NotAdministrator),
    }
}

/// Whoever named one that is no ghost learns that it is not there.
fn answer(count: u64, id: Option<&str>, done: &str) -> Result<Redirect, Problem> {
    if id.is_some() && count == 0 {
        return Err(Problem::Gone);
    }
    Ok(back(done))
}

async fn read(team: &Team, links: Links, session: &Session) -> Result<Page, Problem> {
    Ok(Page {
        frame: Frame::of(links, session, "/team/ghosts"),
        administrator: Administrator::of(&team.db, session.user_id().as_str()).await?,
        ghosts: ghosts::find(&team.db).await?,
        has_key: team.board.refers().await?,
        deletion: team.board.deletion().await?,
        is_said_by_page: team.board.is_said_by_page(),
        notice: None,
        refused: None,
    })
}
