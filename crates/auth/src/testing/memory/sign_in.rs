//! The writes of a sign-in, on a copy of the tables that replaces them when all went well.

use super::{Tables, apply};
use crate::adapter::{
    AdapterError, Earlier, Person, SessionRecord, SignIn, SignInOutcome, SignedIn, User,
    UserChanges, UserId,
};

impl Tables {
    pub(super) fn sign_in(&mut self, sign_in: SignIn) -> Result<SignInOutcome, AdapterError> {
        let mut draft = self.clone();
        match draft.write(sign_in) {
            Ok(signed_in) => {
                *self = draft;
                Ok(SignInOutcome::Done(Box::new(signed_in)))
            }
            Err(Stop::Outcome(outcome)) => Ok(outcome),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn write(&mut self, sign_in: SignIn) -> Result<SignedIn, Stop> {
        if let Some(link) = sign_in.link {
            let key = (link.identifier, link.token.expose().to_owned());
            self.tokens
                .remove(&key)
                .ok_or(Stop::Outcome(SignInOutcome::LinkGone))?;
        }
        let user = self.person(sign_in.person)?;
        if let Some(mut account) = sign_in.account {
            account.user_id = user.id.clone();
            self.add_account(account)
                .map_err(|taken| Stop::Outcome(SignInOutcome::AccountExists(taken)))?;
        }
        if let Some(passkey) = sign_in.passkey {
            self.passkeys
                .add(passkey, &user.id)
                .map_err(|taken| Stop::Outcome(SignInOutcome::AccountExists(taken)))?;
        }
        if let Some(token) = sign_in.ends {
            self.sessions.remove(token.expose());
        }
        let session = sign_in.session.map(|new| SessionRecord {
            session_token: new.token,
            user_id: user.id.clone(),
            expires: new.expires,
        });
        if let Some(session) = &session {
            self.add_session(session.clone()).map_err(Stop::Failed)?;
        }
        Ok(SignedIn { user, session })
    }

    fn person(&mut self, person: Person) -> Result<User, Stop> {
        match person {
            Person::New(new) => self
                .add_user(new)
                .map_err(|taken| Stop::Outcome(SignInOutcome::UserExists(taken))),
            Person::Proves {
                id,
                email,
                at,
                earlier,
            } => {
                let has_address = |user: &User| user.email.as_deref() == Some(&*email);
                let user = self.users.get_mut(&id).filter(|user| has_address(user));
                let user = user.ok_or(Stop::Outcome(SignInOutcome::UserChanged))?;
                if earlier != Earlier::Kept && user.email_verified.is_some() {
                    return Err(Stop::Outcome(SignInOutcome::UserChanged));
                }
                let changes = UserChanges {
                    email_verified: Some(Some(at)),
                    ..UserChanges::default()
                };
                apply(user, changes);
                let user = user.clone();
                if let Earlier::Removed {
                    verifying_providers,
                } = earlier
                {
                    self.remove_earlier(&id, &verifying_providers);
                }
                Ok(user)
            }
            Person::Known {
                id,
                was_proven,
                password,
            } => {
                let user = self.users.get(&id).cloned();
                let stays = password.is_none() || self.passwords.get(&id) == password.as_ref();
                user.filter(|user| stays && (was_proven || user.email_verified.is_none()))
                    .ok_or(Stop::Outcome(SignInOutcome::UserChanged))
            }
        }
    }

    /// What anybody may have made who never proved the address.
    pub(super) fn remove_earlier(&mut self, id: &UserId, verifying_providers: &[String]) {
        let mut accounts = self.accounts.values().filter(|one| one.user_id == *id);
        let verified = accounts.all(|one| verifying_providers.contains(&one.provider));
        if self.passwords.remove(id).is_some() || !verified {
            self.accounts.retain(|_, account| account.user_id != *id);
        }
        self.one_time.retain(|_, token| token.user_id != *id);
        self.sessions.retain(|_, session| session.user_id != *id);
        self.second_factors.remove_user(id);
        self.passkeys.remove_user(id);
    }
}

/// Why nothing is written.
enum Stop {
    Outcome(SignInOutcome),
    Failed(AdapterError),
}
