//! The authenticators of one browser.

use std::collections::HashMap;

use hallpass::auth::testing::authenticator::{Algorithm, HONEST_FLAGS, Page, SoftAuthenticator};
use serde_json::Value;

/// Authenticators by number. They outlive a browser's cookies.
#[derive(Default)]
pub(super) struct Devices {
    devices: HashMap<u8, SoftAuthenticator>,
    /// What the server asked for last.
    options: Value,
    /// What was answered last.
    pub(super) data: String,
}

impl Devices {
    /// Keeps options where an answer holds some.
    pub(super) fn keep(&mut self, body: &str) {
        let body: Option<Value> = serde_json::from_str(body).ok();
        if let Some(options) = body.and_then(|mut body| body.get_mut("options").map(Value::take)) {
            self.options = options;
        }
    }

    /// `create:N` or `get:N`, and `:LIE` behind it.
    pub(super) fn answer(&mut self, what: &str, origin: &str) -> String {
        let mut words = what.split(':');
        let ceremony = words.next().unwrap_or_default();
        let number = words.next().and_then(|number| number.parse().ok());
        let number: u8 = number.expect("the number of an authenticator");
        let device = self.devices.entry(number);
        let device = device.or_insert_with(|| SoftAuthenticator::new(Algorithm::Es256, number));
        device.signs_in_full = true;
        let mut options = self.options.clone();
        let mut page = Page::at(origin);
        device.flags = HONEST_FLAGS;
        match words.next() {
            None => {}
            Some("origin") => page.origin = "https://evil.example".to_owned(),
            Some("kind") => page.kind = Some("payment.get"),
            Some("challenge") => options["challenge"] = "AAAA".into(),
            Some("unverified") => device.flags = 0b0000_0001,
            Some("absent") => device.flags = 0b0000_0100,
            Some("counts") => device.counter = 7,
            Some("counts-back") => device.counter = 1,
            Some("rp") => {
                options["rpId"] = "evil.example".into();
                options["rp"]["id"] = "evil.example".into();
            }
            Some(lie) => panic!("no authenticator lies by `{lie}`"),
        }
        self.data = match ceremony {
            "create" => device.create(&options, &page),
            _ => device.get(&options, &page),
        };
        self.data.clone()
    }
}
