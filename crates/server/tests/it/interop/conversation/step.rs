//! One request of the conversation, as it is written down for both servers.
//!
//! Texts may hold what only the server knows: `{csrf}` (the token of its cookie), `{link}` (path and query of the last
//! mailed link), `{session}` (the value of its session cookie), `{back}` (path and query to which the service sends the
//! browser), `{answer}` (its query alone), `{code}`, `{state}` and `{iss}` (of that answer), `{create:N}` and `{get:N}` (what the Nth authenticator
//! answers to the last options, with `:LIE` behind where it lies), `{data}` (what it answered last); and what the setup says: `{url}`,
//! `{origin}`, `{S}` and `{C}` and `{U}` (names of the session, CSRF and callback-url cookies), `{made:NAME}` (a token of the setup).

/// Which cookies go with a request.
#[derive(Debug, Clone)]
pub(super) enum Cookies {
    /// What the server has set so far.
    Jar,
    /// This header, whatever the server has set.
    Only(String),
    /// What the server has set, and these.
    JarAnd(String),
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) cookies: Cookies,
    pub(super) body: Option<Body>,
    /// Whether a mail comes of it.
    pub(super) mails: bool,
    /// Whether the browser goes on to the service, where somebody agrees.
    pub(super) visits: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) kind: String,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(String),
    Form(Vec<(String, String)>),
}

/// A request below the base path.
fn step(method: &'static str, path: &str) -> Step {
    raw(method, &format!("{{base}}{path}"))
}

/// A request to this target as it is.
pub(super) fn raw(method: &'static str, target: &str) -> Step {
    Step {
        name: format!("{method} {}", target.trim_start_matches("{base}")),
        method,
        target: target.to_owned(),
        headers: Vec::new(),
        cookies: Cookies::Jar,
        body: None,
        mails: false,
        visits: false,
    }
}

pub(super) fn get(path: &str) -> Step {
    step("GET", path)
}

/// A form with the CSRF token and these fields.
pub(super) fn post(path: &str, fields: &[(&str, &str)]) -> Step {
    let mut all = vec![("csrfToken", "{csrf}")];
    all.extend(fields);
    step("POST", path).form(&all)
}

/// A form with these fields only.
pub(super) fn post_bare(path: &str, fields: &[(&str, &str)]) -> Step {
    step("POST", path).form(fields)
}

/// A POST of this text.
pub(super) fn post_text(path: &str, kind: &str, text: &str) -> Step {
    step("POST", path).body(kind, Content::Text(text.to_owned()))
}

impl Step {
    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With the header by which the client asks for JSON in place of a redirect.
    pub(super) fn returning(self) -> Self {
        let name = format!("{}, returning", self.name);
        self.header("x-auth-return-redirect", "1").named(&name)
    }

    pub(super) fn cookies(mut self, cookies: &str) -> Self {
        self.cookies = Cookies::Only(cookies.to_owned());
        self
    }

    pub(super) fn extra_cookies(mut self, cookies: &str) -> Self {
        self.cookies = Cookies::JarAnd(cookies.to_owned());
        self
    }

    pub(super) fn mails(mut self) -> Self {
        self.mails = true;
        self
    }

    pub(super) fn visits(mut self) -> Self {
        self.visits = true;
        self
    }

    fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.body(
            "application/x-www-form-urlencoded",
            Content::Form(fields.collect()),
        )
    }

    fn body(mut self, kind: &str, content: Content) -> Self {
        self.body = Some(Body {
            kind: kind.to_owned(),
            content,
        });
        self
    }
}

/// Requests that follow each other, by one browser that begins without cookies.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Step>,
}

pub(super) fn scene(name: &'static str, steps: impl Into<Vec<Step>>) -> Scene {
    Scene {
        name,
        steps: steps.into(),
    }
}
