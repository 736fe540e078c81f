/// What somebody is told who registers with an address that has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// What everybody is told; the owner of the address gets a mail.
    #[default]
    MailOwner,
    /// That there is one: 409. Anybody can then find out who has an account.
    Tell,
}

/// What follows a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterRegister {
    /// The person proves the address, then signs in.
    #[default]
    Prove,
    /// The person is signed in at once. Who is not had an account, and so anybody can find out who has one.
    SignIn,
}

/// How people register themselves. Needs [`AuthBuilder::passwords`](crate::AuthBuilder::passwords) and
/// [`AuthBuilder::accounts`](crate::AuthBuilder::accounts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Registration {
    pub(crate) existing: Existing,
    pub(crate) after: AfterRegister,
}

impl Registration {
    /// The address must be proven before anybody signs in, and nobody learns who has an account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a registration signs in.
    pub fn signs_in(self) -> bool {
        self.after == AfterRegister::SignIn
    }

    /// What is said of an address that has an account.
    #[must_use]
    pub fn existing(self, existing: Existing) -> Self {
        Self { existing, ..self }
    }

    /// What follows.
    #[must_use]
    pub fn after(self, after: AfterRegister) -> Self {
        Self { after, ..self }
    }
}
