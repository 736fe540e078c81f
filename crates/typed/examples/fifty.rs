//! Fifty models: how long their types take to compile. From the directory of the repository:
//!
//! ```sh
//! cargo check -p hallpass-typed --example fifty
//! touch crates/typed/examples/fifty.rs && time cargo check -p hallpass-typed --example fifty
//! ```

/// The models.
mod schema {
    hallpass_typed::schema!("examples/fifty.zmodel", crate = hallpass_typed);
}

use hallpass_typed::{Client, Error};
use schema::{Issue, Tables, comment, issue, label, member, milestone};

/// Some of what an application asks.
pub async fn board(db: &Client, id: &str) -> Result<Vec<String>, Error> {
    let new = Issue::new().name("it is slow").member(member::id().is(id));
    let issue = db.issue().create(new).await?;
    let issues = db
        .issue()
        .find_many()
        .filter(
            issue::is_public()
                .eq(true)
                .and(issue::position().gt(issue.position)),
        )
        .order_by(issue::created_at().desc())
        .include(issue::member().required())
        .await?;
    let comments = db
        .comment()
        .find_many()
        .select((comment::name(), comment::created_at()))
        .await?;
    db.label()
        .update_many()
        .filter(label::name().contains("old"))
        .set(label::is_public().to(false))
        .await?;
    let milestones = db
        .milestone()
        .count()
        .filter(milestone::name().starts_with("v"))
        .await?;
    let names = issues
        .iter()
        .map(|issue| format!("{}: {}", issue.member.name, issue.name));
    let names = names.chain(comments.into_iter().map(|(name, _)| name));
    Ok(names.chain([milestones.to_string()]).collect())
}

fn main() {}
