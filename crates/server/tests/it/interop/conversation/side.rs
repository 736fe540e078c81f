//! A server, and the browser that speaks with it.

use std::collections::HashMap;
use std::rc::Rc;

use url::Url;
use url::form_urlencoded::Serializer;

use super::devices::Devices;
use super::seen::{Normal, Seals, Seen};
use super::setup::Setup;
use super::step::{Content, Cookies, Step};
use crate::harness::html;
use crate::interop::jar::Jar;
use crate::interop::server::Server;
use crate::interop::wire::{self, Reply, Request};

pub(super) struct Side {
    setup: Setup,
    seals: Seals,
    server: Server,
    tokens: Rc<HashMap<&'static str, String>>,
    /// Of the service where people have accounts.
    service: u16,
    jar: Jar,
    link: String,
    back: Back,
    devices: Devices,
}

/// What the browser brings back from the service.
#[derive(Default)]
struct Back {
    /// Path and query.
    target: String,
    members: HashMap<String, String>,
}

impl Side {
    pub(super) fn new(
        setup: Setup,
        server: Server,
        tokens: &Rc<HashMap<&'static str, String>>,
        service: u16,
    ) -> Self {
        Self {
            setup,
            seals: Seals::of(&setup),
            server,
            tokens: Rc::clone(tokens),
            service,
            jar: Jar::default(),
            link: String::new(),
            back: Back::default(),
            devices: Devices::default(),
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
        if step.visits {
            self.back = self.visit(&reply).await;
        }
        self.devices.keep(&reply.body);
        let normal = Normal::new(&self.setup, &self.seals, self.csrf());
        Seen::of(&reply, &normal)
    }

    /// Goes where the server sends the browser, if that is the service, and agrees.
    async fn visit(&self, reply: &Reply) -> Back {
        let base = format!("http://127.0.0.1:{}", self.service);
        let place = reply.header("location").unwrap_or_default();
        let Some(target) = place.strip_prefix(&base) else {
            // The difference is seen; what follows must be a request all the same.
            let base = self.setup.address.base();
            return Back::of_redirect(&format!("http://nowhere{base}/nothing-was-brought-back"));
        };
        let host = base.trim_start_matches("http://");
        let request = Request::new("GET", target).header("host", host);
        let answer = wire::send(self.service, &request).await;
        match answer.header("location") {
            Some(back) => Back::of_redirect(back),
            None => Back::of_page(&answer.body),
        }
    }

    async fn next_link(&self) -> String {
        let link = self.server.link().await;
        let path = link.strip_prefix(self.setup.address.origin());
        path.unwrap_or_else(|| panic!("the link leads elsewhere: {link}"))
            .to_owned()
    }

    fn request(&mut self, step: &Step) -> Request {
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
            Some(body) => {
                let content = self.content(&body.content);
                request.body(&body.kind, content)
            }
        }
    }

    fn content(&mut self, content: &Content) -> String {
        match content {
            Content::Text(text) => self.fill(text),
            Content::Form(fields) => Serializer::new(String::new())
                .extend_pairs(fields.iter().map(|(name, value)| (name, self.value(value))))
                .finish(),
        }
    }

    /// A value of a form, which an authenticator may have to make.
    fn value(&mut self, text: &str) -> String {
        let ceremony = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        match ceremony {
            Some(what) if what.starts_with("create:") || what.starts_with("get:") => {
                let origin = self.setup.address.origin();
                self.devices.answer(what, origin)
            }
            _ => self.fill(text),
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
            .replace("{back}", &self.back.target)
            .replace("{answer}", self.back.query())
            .replace("{code}", self.back.member("code"))
            .replace("{state}", self.back.member("state"))
            .replace("{iss}", self.back.member("iss"))
            .replace("{data}", &self.devices.data)
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

impl Back {
    fn of_redirect(place: &str) -> Self {
        let url = Url::parse(place).expect("the service sends the browser to an address");
        let query = url.query().unwrap_or_default();
        Self {
            target: format!("{}?{query}", url.path()),
            members: url.query_pairs().into_owned().collect(),
        }
    }

    /// A form that is to be posted.
    fn of_page(page: &str) -> Self {
        let names = ["code", "state", "iss"];
        let member = |name: &str| {
            let value = html::attribute(page, &format!("name=\"{name}\""), "value")?;
            Some((name.to_owned(), value))
        };
        Self {
            target: String::new(),
            members: names.into_iter().filter_map(member).collect(),
        }
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    fn member(&self, name: &str) -> &str {
        self.members.get(name).map_or("", String::as_str)
    }
}
