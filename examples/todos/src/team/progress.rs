//! How far everybody is: a bar a person.

use std::collections::BTreeMap;

use hallpass::data::{ArgValue, Client, Error, Operation};
use serde::Deserialize;
use serde_json::json;

use super::owner::Owner;
use crate::schema::{Tables, team_member};

/// Owners times two: as many groups as are read.
const GROUPS: usize = 1000;

/// How far one person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// How the person is called. Not what tells people apart: two may have one name, and one address.
    pub(super) name: String,
    pub(super) done: u64,
    pub(super) all: u64,
    /// Of the length of the longest bar, in hundredths.
    pub(super) length: u64,
    /// The same of what is done.
    pub(super) done_length: u64,
}

/// Everybody who has todos and is not gone, by name.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) bars: Vec<Bar>,
    /// Whether there are people who are not among them.
    pub(super) is_cut: bool,
}

/// What pages follow, as arguments of `findMany` of members: how people are called, whether they are gone, the newest change of their todos,
/// and how many todos there are. It changes with whatever a page shows of any of them, so that pages know when to read anew.
pub(super) fn followed() -> serde_json::Value {
    let count = json!({ "select": { "_count": { "select": { "todos": true } } } });
    let newest = json!({
        "select": { "updatedAt": true, "team": count },
        "orderBy": [{ "updatedAt": "desc" }, { "id": "asc" }], "take": 1,
    });
    json!({
        "select": { "id": true, "name": true, "email": true, "deletedAt": true, "todos": newest },
        "orderBy": { "id": "asc" }, "take": GROUPS,
    })
}

/// What is counted, as arguments of `groupBy`.
fn counted() -> serde_json::Value {
    json!({
        "by": ["ownerId", "completed"], "_count": true,
        "orderBy": [{ "ownerId": "asc" }, { "completed": "asc" }], "take": GROUPS,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    owner_id: String,
    completed: bool,
    #[serde(rename = "_count")]
    count: u64,
}

/// Reads it: two statements, however many people there are.
pub(super) async fn read(db: &Client) -> Result<Progress, Error> {
    let args = ArgValue::from_json(counted())?;
    let groups = db.call("TeamTodo", Operation::GroupBy, &args).await?;
    let groups = serde_json::to_value(&groups).and_then(serde_json::from_value::<Vec<Group>>);
    // Another shape than the one that was asked for does not come.
    let groups = groups.unwrap_or_default();
    let is_cut = groups.len() >= GROUPS;
    let mut people: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for group in groups {
        let (done, all) = people.entry(group.owner_id).or_default();
        *done += if group.completed { group.count } else { 0 };
        *all += group.count;
    }
    let members = db.team_member().find_many();
    let members = members.filter(team_member::id().one_of(people.keys().map(String::as_str)));
    let members = members
        .filter(team_member::deleted_at().is_null())
        .order_by(team_member::name().asc())
        .order_by(team_member::id().asc());
    let counted = members.await?.into_iter().filter_map(|member| {
        let (done, all) = people.get(&member.id).copied()?;
        Some((Owner::of(Some(&member)).to_string(), done, all))
    });
    Ok(Progress {
        bars: bars(counted.collect()),
        is_cut,
    })
}

fn bars(counted: Vec<(String, u64, u64)>) -> Vec<Bar> {
    let longest = counted.iter().map(|(_, _, all)| *all).max().unwrap_or(0);
    let part = |number: u64| (number * 100).checked_div(longest).unwrap_or(0);
    let bars = counted.into_iter().map(|(name, done, all)| Bar {
        length: part(all),
        done_length: part(done),
        name,
        done,
        all,
    });
    bars.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_part_of_the_longest() {
        let counted = vec![("Ada".to_owned(), 2, 4), ("Bob".to_owned(), 8, 8)];
        let lengths: Vec<_> = bars(counted)
            .iter()
            .map(|one| (one.done_length, one.length))
            .collect();
        assert_eq!(lengths, [(25, 50), (100, 100)]);
        assert!(bars(Vec::new()).is_empty());
        assert_eq!(bars(vec![("Eve".to_owned(), 0, 0)])[0].length, 0);
    }
}
