//! What a browser keeps.

use super::wire::Reply;

/// Cookies of one host, whichever server set them.
#[derive(Debug, Default, Clone)]
pub(super) struct Jar {
    /// Names and raw values.
    cookies: Vec<(String, String)>,
}

impl Jar {
    pub(super) fn keep(&mut self, reply: &Reply) {
        for cookie in reply.all("set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.forget(name);
            if !cookie.contains("Max-Age=0") {
                self.put(name, value);
            }
        }
    }

    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.cookies.retain(|(known, _)| known != name);
    }

    /// The raw value; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The names that begin like this.
    pub(super) fn names(&self, beginning: &str) -> Vec<&str> {
        let names = self.cookies.iter().map(|(name, _)| name.as_str());
        names.filter(|name| name.starts_with(beginning)).collect()
    }

    /// The token of a CSRF cookie.
    pub(super) fn csrf(&self, name: &str) -> &str {
        self.value(name).split("%7C").next().unwrap_or_default()
    }

    /// As a `Cookie` header has them; empty where there are none.
    pub(super) fn header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}
