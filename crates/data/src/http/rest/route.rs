//! What a path is about.

use super::problem::{Code, Problem};
use super::resources::{Relationship, Resource, Resources};

/// What a path is about.
#[derive(Debug, Clone)]
pub(super) enum Route<'r> {
    /// `/user`
    Collection(&'r Resource),
    /// `/user/1`
    Single(One<'r>),
    /// `/user/1/posts`
    Related(One<'r>, &'r Relationship),
    /// `/user/1/relationships/posts`
    Relationship(One<'r>, &'r Relationship),
    /// `/user/1/posts/2`
    Child(One<'r>, &'r Relationship, String),
    /// `/$procs/name`
    Procedure(String),
}

/// One resource, by its id as the path has it, decoded.
#[derive(Debug, Clone)]
pub(super) struct One<'r> {
    pub(super) resource: &'r Resource,
    pub(super) id: String,
}

const PROCEDURES: &str = "$procs";
const RELATIONSHIPS: &str = "relationships";

impl Resources {
    /// What a path after the prefix, still encoded, is about.
    pub(super) fn route(&self, path: &str) -> Result<Route<'_>, Problem> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let segments: Vec<_> = path.split('/').collect();
        if let [PROCEDURES, name] = segments.as_slice() {
            return Ok(Route::Procedure(decoded(name)?));
        }
        if !segments.iter().all(|segment| self.charset.admits(segment)) {
            return Err(Code::InvalidPath.bare());
        }
        let segments = segments.into_iter().map(decoded);
        let segments: Vec<_> = segments.collect::<Result<_, _>>()?;
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [kind] => Ok(Route::Collection(self.in_path(kind)?)),
            [kind, id] => Ok(Route::Single(self.one(kind, id)?)),
            [kind, id, name] => {
                let one = self.one(kind, id)?;
                let relationship = in_path(one.resource, name)?;
                Ok(Route::Related(one, relationship))
            }
            [kind, id, RELATIONSHIPS, name] => {
                let one = self.one(kind, id)?;
                let relationship = in_path(one.resource, name)?;
                Ok(Route::Relationship(one, relationship))
            }
            [kind, id, name, child] if self.nested_routes => {
                let one = self.one(kind, id)?;
                let relationship = in_path(one.resource, name)?;
                if !relationship.is_many {
                    return Err(Code::InvalidPath.bare());
                }
                Ok(Route::Child(one, relationship, (*child).to_owned()))
            }
            _ => Err(Code::InvalidPath.bare()),
        }
    }

    fn one(&self, kind: &str, id: &str) -> Result<One<'_>, Problem> {
        let resource = self.in_path(kind)?;
        if id.contains('\0') {
            return Err(Code::InvalidId.bare());
        }
        let id = id.to_owned();
        Ok(One { resource, id })
    }
}

fn decoded(segment: &str) -> Result<String, Problem> {
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
    let decoded = decoded.map_err(|_| Code::InvalidPath.bare())?;
    Ok(decoded.into_owned())
}

fn in_path<'r>(resource: &'r Resource, name: &str) -> Result<&'r Relationship, Problem> {
    let found = resource.relationship(name);
    found.ok_or_else(|| unsupported(resource).with_status(http::StatusCode::NOT_FOUND))
}

/// A relation that is not there, or whose other side is closed.
pub(super) fn unsupported(resource: &Resource) -> Problem {
    let detail = format!("`{}` has no such relationship", resource.type_name);
    Code::UnsupportedRelationship.because(detail)
}
