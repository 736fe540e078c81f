//! The list of sessions for applications.

use std::time::Duration;

use super::manage::{self, DirectoryError, Revoked};
use super::{Page, SessionEntry, SessionId};
use crate::Auth;
use crate::adapter::UserId;
use crate::authenticated::Session;
use crate::session::Strategy;

impl Auth {
    /// The live sessions of a user, the ones used last first. Those whose [`key`](SessionEntry::key) is the
    /// [`key`](crate::Session::key) of the session that asks is the one that asks.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::NotConfigured`] without a session directory, [`DirectoryError::Store`] when the store fails.
    pub async fn sessions_of(
        &self,
        user: &UserId,
        page: Page,
    ) -> Result<Vec<SessionEntry>, DirectoryError> {
        manage::list(&self.context, user, page).await
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    ///
    /// As [`sessions_of`](Self::sessions_of).
    pub async fn revoke_session(
        &self,
        user: &UserId,
        id: &SessionId,
    ) -> Result<Revoked, DirectoryError> {
        manage::revoke_one(&self.context, user, id).await
    }

    /// Ends every session of a user but the one to keep; gives how many that were, as far as they are known.
    ///
    /// Sessions in the store are gone at once. Sessions in cookies end in this process at once, in others when they
    /// next ask what was ended ([`refresh_revocations`](Self::refresh_revocations)). A session to keep that somebody ended
    /// meanwhile stays ended.
    ///
    /// # Errors
    ///
    /// As [`sessions_of`](Self::sessions_of).
    pub async fn revoke_sessions(
        &self,
        user: &UserId,
        keep: Option<&Session>,
    ) -> Result<u64, DirectoryError> {
        manage::revoke_all(&self.context, user, keep.and_then(Session::kept)).await
    }

    /// How soon this process is to know which sessions in cookies others ended. `None` where there is nothing to ask for.
    pub fn revocation_interval(&self) -> Option<Duration> {
        let directory = self.context.directory.as_ref()?;
        let in_cookies = self.context.settings.session.strategy == Strategy::Jwt;
        in_cookies.then_some(directory.settings.revocation_interval)
    }

    /// Asks which sessions in cookies other processes ended. Requests do so by themselves, at most once in
    /// [`revocation_interval`](super::DirectorySettings::revocation_interval); call it twice as often in a task of your own,
    /// and no request has to.
    ///
    /// Does nothing for sessions in the store, and without a directory.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Store`] when the store fails. It is logged already, once until it works again.
    pub async fn refresh_revocations(&self) -> Result<(), DirectoryError> {
        manage::refresh(&self.context).await
    }
}
