//! The statements of the hot path, planned once.

use hallpass_data::{Client, Error, Prepared, Record, any, field, parameter, relation};

use crate::addresses::ByAddress;
use crate::layout::{ACCOUNT, Layout, SESSION, USER, VERIFICATION_TOKEN};

/// Rows that are read of a key that not every table keeps unique: enough to see that they contradict each other.
pub(crate) const SEVERAL: u32 = 5;

#[derive(Debug)]
pub(crate) struct Statements {
    /// id
    pub(crate) user: Prepared<Option<Record>>,
    pub(crate) user_by_email: ByAddress,
    /// provider, providerAccountId
    pub(crate) user_by_account: Prepared<Vec<Record>>,
    /// provider, providerAccountId
    pub(crate) unlink_account: Prepared<u64>,
    /// sessionToken, userId, expires
    pub(crate) create_session: Prepared<Record>,
    /// sessionToken
    pub(crate) session_and_user: Prepared<Vec<Record>>,
    /// sessionToken, the other form of it
    pub(crate) session_of_either: Prepared<Vec<Record>>,
    /// sessionToken, the new form of it
    pub(crate) rewrite_session: Prepared<u64>,
    /// sessionToken, expires
    pub(crate) extend_session: Prepared<Vec<Record>>,
    /// sessionToken, the other form of it
    pub(crate) delete_session: Prepared<Vec<Record>>,
    /// identifier, token, expires
    pub(crate) create_verification_token: Prepared<Record>,
    /// identifier, token
    pub(crate) verification_token: Prepared<Option<Record>>,
    /// id, email, emailVerified
    pub(crate) prove_address: Prepared<Option<Record>>,
    /// identifier, token
    pub(crate) use_verification_token: Prepared<Vec<Record>>,
}

impl Statements {
    /// `hidden` are fields of a user that are not read.
    pub(crate) fn plan(client: &Client, layout: &Layout, hidden: &[String]) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a` and `é` equals `e`.
        let is = |name: &str, number| field(name).exactly(parameter(number));
        let account = || is("provider", 0).and(is("providerAccountId", 1));
        let session = || is("sessionToken", 0);
        let link = || is("identifier", 0).and(is("token", 1));
        let either = || any([is("sessionToken", 0), is("sessionToken", 1)]);
        Ok(Self {
            user: client
                .find_unique(USER)
                .omit(hidden)
                .filter(is("id", 0))
                .prepare()?,
            user_by_email: ByAddress::of(|is_address| {
                let users = client.find_many(USER).omit(hidden);
                users.filter(is_address).take(SEVERAL).prepare()
            })?,
            user_by_account: client
                .find_many(ACCOUNT)
                .select(["userId"])
                .filter(account())
                .include(relation(&layout.account_user).omit(hidden))
                .take(SEVERAL)
                .prepare()?,
            unlink_account: client.delete_many(ACCOUNT).filter(account()).prepare()?,
            create_session: client
                .create(SESSION)
                .set("sessionToken", parameter(0))
                .set("userId", parameter(1))
                .set("expires", parameter(2))
                .prepare()?,
            session_and_user: client
                .find_many(SESSION)
                .select(session_fields(client))
                .filter(session())
                .include(relation(&layout.session_user).omit(hidden))
                .take(SEVERAL)
                .prepare()?,
            session_of_either: client
                .find_many(SESSION)
                .select(session_fields(client))
                .filter(either())
                .include(relation(&layout.session_user).omit(hidden))
                .take(SEVERAL)
                .prepare()?,
            rewrite_session: client
                .update_many(SESSION)
                .filter(session())
                .set("sessionToken", parameter(1))
                .prepare()?,
            extend_session: client
                .update_many(SESSION)
                .filter(session())
                .set("expires", parameter(1))
                .prepare_rows()?,
            delete_session: client
                .delete_many(SESSION)
                .filter(either())
                .prepare_rows()?,
            create_verification_token: client
                .create(VERIFICATION_TOKEN)
                .set("identifier", parameter(0))
                .set("token", parameter(1))
                .set("expires", parameter(2))
                .prepare()?,
            verification_token: client
                .find_first(VERIFICATION_TOKEN)
                .filter(link())
                .prepare()?,
            prove_address: client
                .update(USER)
                .omit(hidden)
                .filter(is("id", 0).and(is("email", 1)))
                .set("emailVerified", parameter(2))
                .prepare()?,
            use_verification_token: client
                .delete_many(VERIFICATION_TOKEN)
                .filter(link())
                .prepare_rows()?,
        })
    }
}

/// What is read of a session: where its token is no key of the table, the key too, by which a log names the row.
fn session_fields(client: &Client) -> Vec<String> {
    let mut names: Vec<String> = ["sessionToken", "userId", "expires"]
        .map(str::to_owned)
        .to_vec();
    if let Some(model) = client.schema().model(SESSION) {
        let is_read = |key: &[String]| key.iter().all(|name| names.contains(name));
        let mut uniques = model.uniques.iter();
        if !is_read(&model.id) && !uniques.any(|unique| is_read(&unique.fields)) {
            names.extend(model.id.iter().cloned());
        }
    }
    names
}
