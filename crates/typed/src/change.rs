//! What is written: the data of a row, and what happens to the rows that belong to it.

use std::marker::PhantomData;

use hallpass_data::{ArgValue, InvalidInput};

use crate::filter::{Condition, Key};
use crate::model::Model;
use crate::relation::{Arity, Link, Many, Maybe, Relation, ToOne};

/// The data of one row in the making; for generated code.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    model: &'static str,
    members: Vec<(&'static str, Datum)>,
    /// The first thing that was said twice.
    wrong: Option<InvalidInput>,
}

#[derive(Debug, Clone, PartialEq)]
enum Datum {
    Value(ArgValue),
    /// What happens to the rows of a relation.
    Actions(Vec<(&'static str, Action)>),
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Once(ArgValue),
    Each(Vec<ArgValue>),
}

impl Data {
    /// Of a row of this model.
    pub fn of<M: Model>() -> Self {
        Self {
            model: M::NAME,
            members: Vec::new(),
            wrong: None,
        }
    }

    /// A field is this.
    #[must_use]
    pub fn value(mut self, field: &'static str, value: ArgValue) -> Self {
        self.add(field, Datum::Value(value));
        self
    }

    /// A row begins to belong to it.
    #[must_use]
    pub fn attach<L: Link>(self, row: impl Attach<L>) -> Self {
        self.attach_all([row])
    }

    /// Rows begin to belong to it.
    #[must_use]
    pub fn attach_all<L: Link>(mut self, rows: impl IntoIterator<Item = impl Attach<L>>) -> Self {
        for row in rows {
            let Attached { action, arg, wrong } = row.attached();
            self.wrong = self.wrong.or(wrong);
            self.act::<L>(action, arg);
        }
        self
    }

    fn act<L: Link>(&mut self, action: &'static str, arg: ArgValue) {
        let arg = if L::Arity::IS_MANY {
            Action::Each(vec![arg])
        } else {
            Action::Once(arg)
        };
        self.add(L::NAME, Datum::Actions(vec![(action, arg)]));
    }

    fn add(&mut self, field: &'static str, datum: Datum) {
        let known = self.members.iter_mut().find(|(name, _)| *name == field);
        let is_new = match known {
            None => {
                self.members.push((field, datum));
                true
            }
            Some((_, known)) => known.join(datum),
        };
        if !is_new {
            self.wrong.get_or_insert_with(|| InvalidInput::Twice {
                model: self.model.to_owned(),
                field: field.to_owned(),
            });
        }
    }

    /// Takes over all that another says.
    pub(crate) fn join(&mut self, other: Self) {
        for (field, datum) in other.members {
            self.add(field, datum);
        }
        self.wrong = self.wrong.take().or(other.wrong);
    }

    /// As arguments say it.
    pub(crate) fn into_arg(self) -> Result<ArgValue, InvalidInput> {
        match self.parts() {
            (arg, None) => Ok(arg),
            (_, Some(wrong)) => Err(wrong),
        }
    }

    fn parts(self) -> (ArgValue, Option<InvalidInput>) {
        let members = self.members.into_iter();
        let members = members.map(|(name, datum)| (name.to_owned(), datum.into_arg()));
        (ArgValue::Object(members.collect()), self.wrong)
    }
}

impl Datum {
    /// Adds what is said again; false where it may be said only once.
    fn join(&mut self, other: Self) -> bool {
        let (Self::Actions(known), Self::Actions(more)) = (self, other) else {
            return false;
        };
        for (name, action) in more {
            let same = known.iter_mut().find(|(one, _)| *one == name);
            match (same, action) {
                (None, action) => known.push((name, action)),
                (Some((_, Action::Each(all))), Action::Each(more)) => all.extend(more),
                (Some(_), _) => return false,
            }
        }
        true
    }

    fn into_arg(self) -> ArgValue {
        match self {
            Self::Value(value) => value,
            Self::Actions(actions) => {
                let actions = actions.into_iter().map(|(name, action)| {
                    let arg = match action {
                        Action::Once(arg) => arg,
                        Action::Each(all) => ArgValue::List(all),
                    };
                    (name.to_owned(), arg)
                });
                ArgValue::Object(actions.collect())
            }
        }
    }
}

/// A required field of a new row that was given.
#[derive(Debug, Clone, Copy)]
pub struct Set;

/// A required field of a new row that was given. Of one that was not, the type bears its name.
#[diagnostic::on_unimplemented(
    message = "the new row lacks a required field: `{Self}`",
    label = "`{Self}` is not given",
    note = "call the method of this name on the new row, or that of the relation whose key it is"
)]
pub trait Given {}

impl Given for Set {}

/// A new row of `M` in which every required field was given.
pub trait Complete<M> {
    /// Its data.
    fn into_data(self) -> Data;
}

/// A new row that is complete once it belongs to the row that has the relation `L`, whose key need not be given.
pub trait NewFor<L: Link> {
    /// Its data.
    fn into_data(self) -> Data;
}

/// What can begin to belong to a row by the relation `L`: a row that is there, by its [`Key`]; a new one; or the one or the
/// other ([`Key::or_create`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a related row here",
    note = "give a key of the related model (`id().is(…)`), or a new row of it"
)]
pub trait Attach<L: Link> {
    /// What is to be done.
    fn attached(self) -> Attached;
}

/// How a row begins to belong to another; for generated code.
#[derive(Debug, Clone, PartialEq)]
pub struct Attached {
    action: &'static str,
    arg: ArgValue,
    wrong: Option<InvalidInput>,
}

impl Attached {
    /// It is added.
    pub fn new(data: Data) -> Self {
        let (arg, wrong) = data.parts();
        Self {
            action: "create",
            arg,
            wrong,
        }
    }
}

impl<L: Link> Attach<L> for Key<L::To> {
    fn attached(self) -> Attached {
        Attached {
            action: "connect",
            arg: self.into_arg(),
            wrong: None,
        }
    }
}

/// A row by its key, and a new one where it is not there.
#[derive(Debug)]
#[must_use = "this does nothing by itself"]
pub struct OrCreate<L> {
    arg: ArgValue,
    wrong: Option<InvalidInput>,
    link: PhantomData<fn() -> L>,
}

impl<M> Key<M> {
    /// The row, or this new one where it is not there.
    pub fn or_create<L: Link<To = M>>(self, new: impl NewFor<L>) -> OrCreate<L> {
        let (create, wrong) = new.into_data().parts();
        OrCreate {
            arg: object([("where", self.into_arg()), ("create", create)]),
            wrong,
            link: PhantomData,
        }
    }
}

impl<L: Link> Attach<L> for OrCreate<L> {
    fn attached(self) -> Attached {
        Attached {
            action: "connectOrCreate",
            arg: self.arg,
            wrong: self.wrong,
        }
    }
}

fn object<const N: usize>(members: [(&str, ArgValue); N]) -> ArgValue {
    let members = members.into_iter();
    ArgValue::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// What one field of a row becomes, or what happens to the rows of one of its relations.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a change does nothing by itself"]
pub struct Change<M> {
    data: Data,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> Change<M> {
    fn of_data(data: Data) -> Self {
        Self {
            data,
            model: PhantomData,
        }
    }

    pub(crate) fn value(field: &'static str, value: ArgValue) -> Self {
        Self::of_data(Data::of::<M>().value(field, value))
    }

    pub(crate) fn into_data(self) -> Data {
        self.data
    }

    /// Several as one.
    fn all(changes: impl IntoIterator<Item = Self>) -> (ArgValue, Option<InvalidInput>) {
        let mut data = Data::of::<M>();
        for change in changes {
            data.join(change.data);
        }
        data.parts()
    }
}

/// One thing that happens to rows of `L`.
fn act<L: Link>(
    action: &'static str,
    (arg, wrong): (ArgValue, Option<InvalidInput>),
) -> Change<L::From> {
    let mut data = Data::of::<L::From>();
    data.act::<L>(action, arg);
    data.wrong = wrong;
    Change::of_data(data)
}

/// The same to each of several rows.
fn act_on_each<L: Link>(
    action: &'static str,
    args: impl IntoIterator<Item = (ArgValue, Option<InvalidInput>)>,
) -> Change<L::From> {
    let mut data = Data::of::<L::From>();
    // Said of none, it is said all the same: `set` of no rows lets all go.
    data.add(
        L::NAME,
        Datum::Actions(vec![(action, Action::Each(Vec::new()))]),
    );
    for (arg, wrong) in args {
        data.act::<L>(action, arg);
        data.wrong = data.wrong.or(wrong);
    }
    Change::of_data(data)
}

fn keys<M>(
    keys: impl IntoIterator<Item = Key<M>>,
) -> impl Iterator<Item = (ArgValue, Option<InvalidInput>)> {
    keys.into_iter().map(|key| (key.into_arg(), None))
}

/// What happens to the related row.
impl<L: Link, S, A: ToOne> Relation<L, S, A> {
    /// This row is the related one.
    pub fn connect(self, key: Key<L::To>) -> Change<L::From> {
        act::<L>("connect", (key.into_arg(), None))
    }

    /// A new row is the related one.
    pub fn create(self, new: impl NewFor<L>) -> Change<L::From> {
        act::<L>("create", new.into_data().parts())
    }

    /// This row is the related one, and a new one where it is not there.
    pub fn connect_or_create(self, key: Key<L::To>, new: impl NewFor<L>) -> Change<L::From> {
        let attached = Attach::<L>::attached(key.or_create(new));
        act::<L>(attached.action, (attached.arg, attached.wrong))
    }

    /// The related row changes.
    pub fn update(self, changes: impl IntoIterator<Item = Change<L::To>>) -> Change<L::From> {
        act::<L>("update", Change::all(changes))
    }

    /// The related row changes, and where there is none, a new one is.
    pub fn upsert(
        self,
        new: impl NewFor<L>,
        changes: impl IntoIterator<Item = Change<L::To>>,
    ) -> Change<L::From> {
        let (create, wrong) = new.into_data().parts();
        let (update, also) = Change::all(changes);
        let arg = object([("create", create), ("update", update)]);
        act::<L>("upsert", (arg, wrong.or(also)))
    }
}

/// What happens to a related row that may be missing.
impl<L: Link, S> Relation<L, S, Maybe> {
    /// It is let go.
    pub fn disconnect(self) -> Change<L::From> {
        act::<L>("disconnect", (ArgValue::Boolean(true), None))
    }

    /// It is removed.
    pub fn delete(self) -> Change<L::From> {
        act::<L>("delete", (ArgValue::Boolean(true), None))
    }
}

/// What happens to related rows.
impl<L: Link, S> Relation<L, S, Many> {
    /// These rows belong to it as well.
    pub fn connect(self, rows: impl IntoIterator<Item = Key<L::To>>) -> Change<L::From> {
        act_on_each::<L>("connect", keys(rows))
    }

    /// New rows belong to it as well.
    pub fn create(self, rows: impl IntoIterator<Item = impl NewFor<L>>) -> Change<L::From> {
        let rows = rows.into_iter().map(|new| new.into_data().parts());
        act_on_each::<L>("create", rows)
    }

    /// This row belongs to it as well, and a new one where it is not there.
    pub fn connect_or_create(self, key: Key<L::To>, new: impl NewFor<L>) -> Change<L::From> {
        let attached = Attach::<L>::attached(key.or_create(new));
        act::<L>(attached.action, (attached.arg, attached.wrong))
    }

    /// These rows are let go.
    pub fn disconnect(self, rows: impl IntoIterator<Item = Key<L::To>>) -> Change<L::From> {
        act_on_each::<L>("disconnect", keys(rows))
    }

    /// These rows belong to it, and no others.
    pub fn set(self, rows: impl IntoIterator<Item = Key<L::To>>) -> Change<L::From> {
        act_on_each::<L>("set", keys(rows))
    }

    /// One of its rows changes.
    pub fn update(
        self,
        key: Key<L::To>,
        changes: impl IntoIterator<Item = Change<L::To>>,
    ) -> Change<L::From> {
        let (data, wrong) = Change::all(changes);
        let arg = object([("where", key.into_arg()), ("data", data)]);
        act::<L>("update", (arg, wrong))
    }

    /// One of its rows changes, and where it is not there, a new one is.
    pub fn upsert(
        self,
        key: Key<L::To>,
        new: impl NewFor<L>,
        changes: impl IntoIterator<Item = Change<L::To>>,
    ) -> Change<L::From> {
        let (create, wrong) = new.into_data().parts();
        let (update, also) = Change::all(changes);
        let arg = object([
            ("where", key.into_arg()),
            ("create", create),
            ("update", update),
        ]);
        act::<L>("upsert", (arg, wrong.or(also)))
    }

    /// These rows of it are removed.
    pub fn delete(self, rows: impl IntoIterator<Item = Key<L::To>>) -> Change<L::From> {
        act_on_each::<L>("delete", keys(rows))
    }

    /// All of its rows that pass change.
    pub fn update_many(
        self,
        filter: impl Condition<L::To>,
        changes: impl IntoIterator<Item = Change<L::To>>,
    ) -> Change<L::From> {
        let (data, wrong) = Change::all(changes);
        let arg = object([("where", filter.into_filter().into_arg()), ("data", data)]);
        act::<L>("updateMany", (arg, wrong))
    }

    /// All of its rows that pass are removed.
    pub fn delete_many(self, filter: impl Condition<L::To>) -> Change<L::From> {
        act::<L>("deleteMany", (filter.into_filter().into_arg(), None))
    }
}
