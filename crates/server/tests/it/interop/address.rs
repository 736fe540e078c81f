//! The public address of the routes, and what follows from it.

/// Such as `https://app.test/api/auth`: both servers are told that people reach them there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address(pub(super) &'static str);

/// The names of the cookies, as full as the address makes them.
pub(super) struct Names {
    pub(super) session: &'static str,
    pub(super) csrf: &'static str,
    pub(super) callback_url: &'static str,
}

const PLAIN: Names = Names {
    session: "authjs.session-token",
    csrf: "authjs.csrf-token",
    callback_url: "authjs.callback-url",
};

const SECURE: Names = Names {
    session: "__Secure-authjs.session-token",
    csrf: "__Host-authjs.csrf-token",
    callback_url: "__Secure-authjs.callback-url",
};

impl Address {
    pub(super) fn is_secure(self) -> bool {
        self.0.starts_with("https:")
    }

    pub(super) fn origin(self) -> &'static str {
        self.0.trim_end_matches(self.base())
    }

    /// The path.
    pub(super) fn base(self) -> &'static str {
        let rest = self.host_and_path();
        &rest[rest.find('/').expect("a path")..]
    }

    pub(super) fn host(self) -> &'static str {
        self.host_and_path().trim_end_matches(self.base())
    }

    fn host_and_path(self) -> &'static str {
        self.0.split("://").nth(1).expect("an address")
    }

    pub(super) fn names(self) -> &'static Names {
        if self.is_secure() { &SECURE } else { &PLAIN }
    }
}
