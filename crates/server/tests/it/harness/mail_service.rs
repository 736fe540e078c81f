use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Stands for Resend: takes mails and keeps them.
pub(crate) struct MailService(MockServer);

impl MailService {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let accepted = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "id": "1" }));
        Mock::given(method("POST"))
            .and(path("/emails"))
            .respond_with(accepted)
            .mount(&server)
            .await;
        Self(server)
    }

    pub(crate) fn url(&self) -> String {
        self.0.uri()
    }

    /// The link in the newest mail.
    pub(crate) async fn newest_link(&self) -> String {
        let text = self.newest_text().await;
        let link = text
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .expect("the mail has a link");
        link.to_owned()
    }

    /// What the newest mail says.
    pub(crate) async fn newest_text(&self) -> String {
        let requests = self.0.received_requests().await.expect("requests are kept");
        let newest: Value = requests
            .last()
            .expect("a mail came")
            .body_json()
            .expect("the body is JSON");
        let text = newest["text"].as_str().expect("a mail has a text");
        text.to_owned()
    }
}
