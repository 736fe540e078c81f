use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use super::html;

/// A person with a browser: keeps cookies and follows redirects.
pub(crate) struct Visitor {
    client: Client,
    jar: Arc<Jar>,
    base: String,
}

/// What a visitor sees.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// Where the redirects led.
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Page {
    async fn of(response: Response) -> Self {
        let url = response.url();
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        Self {
            status: response.status(),
            path: format!("{}{query}", url.path()),
            body: response.text().await.expect("the body is text"),
        }
    }

    /// The attribute of the first tag that holds `marker`.
    pub(crate) fn attribute(&self, marker: &str, name: &str) -> String {
        html::attribute(&self.body, marker, name)
            .unwrap_or_else(|| panic!("no `{name}` at `{marker}` on {}: {}", self.path, self.body))
    }

    /// The attributes of all tags that hold `marker`, in order.
    pub(crate) fn attributes(&self, marker: &str, name: &str) -> Vec<String> {
        html::attributes(&self.body, marker, name)
    }

    pub(crate) fn assert_shows(&self, part: &str) {
        assert!(
            self.body.contains(part),
            "no `{part}` on {}: {}",
            self.path,
            self.body
        );
    }
}

impl Visitor {
    pub(crate) fn new(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(Policy::limited(10))
            .build();
        Self {
            client: client.expect("the client can be built"),
            jar,
            base: base.to_owned(),
        }
    }

    /// The same person after the server moved to another port. Cookies know no ports.
    pub(crate) fn moved_to(&mut self, base: &str) {
        self.base = base.to_owned();
    }

    /// The cookie of this name.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let url = self.base.parse().expect("the base is an address");
        let all = self.jar.cookies(&url)?;
        let all = all.to_str().expect("cookies are text").to_owned();
        let mut pairs = all.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(one, value)| (one == name).then(|| value.to_owned()))
    }

    /// Begins a request with this person's cookies, to be sent by whoever asks for more than a page.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        let sent = self.client.get(self.url(path)).send().await;
        Page::of(sent.expect("the server answers")).await
    }

    /// Asks as a program does.
    pub(crate) async fn get_json(&self, path: &str) -> serde_json::Value {
        let request = self.client.get(self.url(path));
        let sent = request.header("accept", "application/json").send().await;
        let body = sent.expect("the server answers").text().await;
        serde_json::from_str(&body.expect("the body is text")).expect("the body is JSON")
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .client
            .post(self.url(path))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        Page::of(request.body(form).send().await.expect("the server answers")).await
    }

    /// Asks as the application's server does, which passes this person's cookies on: for their token at a service.
    pub(crate) async fn ask_for_token(&self, key: Option<&str>, provider: &str) -> Page {
        let request = self
            .client
            .post(self.url("/api/auth/access-token"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("provider={provider}"));
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        Page::of(request.send().await.expect("the server answers")).await
    }

    /// Asks for a link, as the form of the sign-in page does.
    pub(crate) async fn ask_for_link(&self, address: &str) -> Page {
        let page = self.get("/api/auth/signin?callbackUrl=%2F").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let token = page.attribute("name=\"csrfToken\"", "value");
        let action = page.attribute("action=", "action");
        self.post(&action, &[("csrfToken", &token), ("email", address)])
            .await
    }

    /// The link in the newest mail of the dev mailbox.
    pub(crate) async fn newest_link(&self) -> String {
        let list = self.get("/dev/mailbox").await;
        let newest = list.attribute("class=\"mail\"", "href");
        self.get(&newest).await.attribute("id=\"link\"", "href")
    }

    /// Signs in through the dev mailbox.
    pub(crate) async fn sign_in(&self, address: &str) -> Page {
        self.ask_for_link(address)
            .await
            .assert_shows("Check your email");
        self.get(&self.newest_link().await).await
    }

    pub(crate) async fn sign_out(&self) -> Page {
        let page = self.get("/api/auth/signout").await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let action = page.attribute("action=", "action");
        self.post(&action, &[("csrfToken", &token)]).await
    }

    pub(crate) async fn add_todo(&self, content: &str) -> Page {
        self.post("/todos", &[("content", content)]).await
    }

    /// Sends the only form of a page as it is.
    pub(crate) async fn click(&self, page: &Page) -> Page {
        let names = page.attributes("type=\"hidden\"", "name");
        let value = |name: &String| page.attribute(&format!("name=\"{name}\""), "value");
        let fields: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), value(name)))
            .collect();
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.post(&page.attribute("<form", "action"), &fields).await
    }

    /// Whether `/api/auth/session` knows this person.
    pub(crate) async fn is_signed_in(&self) -> bool {
        self.get("/api/auth/session")
            .await
            .body
            .contains("\"user\"")
    }
}
