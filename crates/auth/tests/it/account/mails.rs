//! An application writes the mails about accounts itself.

use std::sync::{Arc, Mutex};

use hallpass_auth::account::{AccountLetter, MailKind};
use hallpass_auth::mail::templates::SignInMail;
use hallpass_auth::session::Strategy;

use super::support::{ADA, app_with_accounts};
use crate::app::{Browser, ORIGIN};

#[tokio::test]
async fn mails_are_the_applications_where_it_writes_them() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = Arc::clone(&seen);
    let app = app_with_accounts(Strategy::Database, |accounts| {
        accounts.compose_with(move |letter: &AccountLetter<'_>| {
            let has_link = letter.url.is_some();
            let told = (letter.kind, has_link, format!("{letter:?}"));
            sees.lock().unwrap().push(told);
            (letter.kind == MailKind::ResetPassword).then(|| SignInMail {
                subject: format!("Neues Passwort für {}", letter.host),
                text: format!("Hier:\n{}\n", letter.url.unwrap().expose()),
                html: "<p>Hier</p>".to_owned(),
            })
        })
    });
    app.ada().await;
    let mut browser = Browser::new(&app);
    for email in [ADA, "nobody@example.com"] {
        let members = [("email", email)];
        browser.post("/auth/forgot-password", &members).await;
    }
    let mails = app.mails();
    assert_eq!(mails[0].1, "No account yet on localhost:3000");
    assert_eq!(mails[1].1, "Neues Passwort für localhost:3000");
    let seen = seen.lock().unwrap();
    let kinds: Vec<_> = seen.iter().map(|(kind, url, _)| (*kind, *url)).collect();
    assert_eq!(
        kinds,
        [(MailKind::ResetPassword, true), (MailKind::NoAccount, true)]
    );
    assert!(seen.iter().all(|(.., debug)| !debug.contains(ORIGIN)));
}
