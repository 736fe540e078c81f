//! A server, and the browser that speaks with it.

use std::collections::HashMap;
use std::rc::Rc;

use hallpass::auth::jwe::Keys;
use url::form_urlencoded::Serializer;

use super::seen::{Normal, Seen};
use super::setup::Setup;
use super::step::{Content, Cookies, Step};
use crate::interop::jar::Jar;
use crate::interop::server::Server;
use crate::interop::wire::{self, Request};

pub(super) struct Side {
    setup: Setup,
    keys: Keys,
    server: Server,
    tokens: Rc<HashMap<&'static str, String>>,
    jar: Jar,
    link: String,
}

impl Side {
    pub(super) fn new(
        setup: Setup,
        server: Server,
        tokens: &Rc<HashMap<&'static str, String>>,
    ) -> Self {
        Self {
            setup,
            keys: setup.keys(),
            server,
            tokens: Rc::clone(tokens),
            jar: Jar::default(),
            link: String::new(),
        }
    }

    /// Another browser.
    pub(super) fn forget(&mut self) {
        self.jar = Jar::default();
    }

    pub(super) async fn play(&mut self, step: &Step) -> Seen {
        let request = self.request(step);
        let reply = wire::send(self.server.port(), &request).await;
        self.jar.keep(&reply);
        // Where one server refuses, the difference is seen; there is no mail to wait for.
        let mailed = |location: &str| location.contains("/verify-request");
        if step.mails && reply.header("location").is_some_and(mailed) {
            self.link = self.next_link().await;
        }
        let normal = Normal::new(&self.setup, &self.keys, self.csrf());
        Seen::of(&reply, &normal)
    }

    async fn next_link(&self) -> String {
        let link = self.server.link().await;
        let path = link.strip_prefix(self.setup.address.origin());
        path.unwrap_or_else(|| panic!("the link leads elsewhere: {link}"))
            .to_owned()
    }

    fn request(&self, step: &Step) -> Request {
        let mut request = Request::new(step.method, &self.fill(&step.target));
        if !step.headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.setup.address.host());
        }
        for (name, value) in &step.headers {
            request = request.header(name, &self.fill(value));
        }
        let cookies = match &step.cookies {
            Cookies::Jar => self.jar.header(),
            Cookies::Only(cookies) => self.fill(cookies),
            Cookies::JarAnd(cookies) => format!("{}; {}", self.jar.header(), self.fill(cookies)),
        };
        if !cookies.is_empty() {
            request = request.header("cookie", &cookies);
        }
        match &step.body {
            None => request,
            Some(body) => request.body(&body.kind, self.content(&body.content)),
        }
    }

    fn content(&self, content: &Content) -> String {
        match content {
            Content::Text(text) => self.fill(text),
            Content::Form(fields) => Serializer::new(String::new())
                .extend_pairs(fields.iter().map(|(name, value)| (name, self.fill(value))))
                .finish(),
        }
    }

    fn csrf(&self) -> &str {
        self.jar.csrf(self.setup.address.names().csrf)
    }

    fn fill(&self, text: &str) -> String {
        let names = self.setup.address.names();
        let mut filled = text
            .replace("{csrf}", self.csrf())
            .replace("{link}", &self.link)
            .replace("{session}", self.jar.value(names.session))
            .replace("{base}", self.setup.address.base())
            .replace("{url}", self.setup.address.0)
            .replace("{origin}", self.setup.address.origin())
            .replace("{S}", names.session)
            .replace("{C}", names.csrf)
            .replace("{U}", names.callback_url);
        while let Some(start) = filled.find("{made:") {
            let end = start + filled[start..].find('}').expect("a closing brace");
            let made = self.made(&filled[start + "{made:".len()..end]);
            filled.replace_range(start..=end, &made);
        }
        filled
    }

    /// `NAME`, or `NAME:N`: the chunk of this number, as Auth.js cuts them.
    fn made(&self, what: &str) -> String {
        const CHUNK: usize = 3936;
        let (name, chunk) = what.split_once(':').unwrap_or((what, ""));
        let token = &self.tokens[name];
        match chunk.parse::<usize>() {
            Err(_) => token.clone(),
            Ok(number) => token.chars().skip(number * CHUNK).take(CHUNK).collect(),
        }
    }
}
