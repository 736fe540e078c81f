//! The pages of the second factor in their typical forms.

use super::{DeviceItem, RecoveryCodesPage, SecondFactorOverview, SecondFactorPage, SetUpPage};
use crate::pages::{Moment, Sample, Site};
use crate::second_factor::picture::qr_code;
use crate::secret::Secret;

const CSRF: &str = "c3b09abf";
const BASE: &str = "https://app.example.com/auth/second-factor";
const ACCOUNT: &str = "https://app.example.com/auth/account";
const URI: &str = "otpauth://totp/app.example.com:jo%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=app.example.com";

pub(in crate::pages) fn samples(site: Site<'_>) -> Vec<Sample> {
    let sample = |name, html| Sample { name, html };
    let ask = SecondFactorPage {
        site,
        csrf_token: CSRF,
        action: BASE,
        callback_url: None,
        who: Some("jo@example.com"),
        has_app: true,
        passkey_options_url: Some("https://app.example.com/auth/second-factor/passkey"),
        by_recovery_code: false,
        other_url: BASE,
        remember_days: Some(30),
        cancel_url: "https://app.example.com/auth/signin",
        alert: None,
    };
    let back = ACCOUNT.to_owned();
    let step_up = SecondFactorPage {
        callback_url: Some(&back),
        passkey_options_url: None,
        by_recovery_code: true,
        remember_days: None,
        cancel_url: ACCOUNT,
        alert: Some("That code did not work."),
        ..ask
    };
    let by_passkey = SecondFactorPage {
        has_app: false,
        callback_url: Some(&back),
        ..ask
    };
    let mut samples = vec![
        sample("second-factor-passkey", super::second_factor(&by_passkey)),
        sample("second-factor", super::second_factor(&ask)),
        sample("second-factor-recovery", super::second_factor(&step_up)),
    ];
    samples.extend(setting_up(site));
    samples.extend(overviews(site));
    samples
}

fn setting_up(site: Site<'_>) -> Vec<Sample> {
    let picture = qr_code(&Secret::new(URI));
    let set_up = SetUpPage {
        site,
        csrf_token: CSRF,
        action: "https://app.example.com/auth/second-factor/setup",
        picture: picture.as_deref(),
        secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        uri: URI,
        has_password: true,
        replaces: false,
        at_sign_in: false,
        cancel_url: ACCOUNT,
        alert: None,
    };
    let at_sign_in = SetUpPage {
        has_password: false,
        at_sign_in: true,
        alert: Some("That code did not work."),
        ..set_up
    };
    let codes = RecoveryCodesPage {
        site,
        codes: &["0123-4567-89ab", "cdef-ghjk-mnpq"],
        continue_url: ACCOUNT,
    };
    let sample = |name, html| Sample { name, html };
    vec![
        sample("second-factor-setup", super::set_up_second_factor(&set_up)),
        sample(
            "second-factor-setup-at-sign-in",
            super::set_up_second_factor(&at_sign_in),
        ),
        sample("recovery-codes", super::recovery_codes(&codes)),
    ]
}

fn overviews(site: Site<'_>) -> [Sample; 3] {
    let moment = Moment {
        ago: "2 hours ago".to_owned(),
        iso: "2026-01-01T00:00:00.000Z".to_owned(),
        exact: "2026-01-01 00:00 UTC".to_owned(),
    };
    let off = SecondFactorOverview {
        site,
        csrf_token: CSRF,
        base_url: BASE,
        account_url: ACCOUNT,
        since: None,
        recovery_codes: 0,
        asks_passkey: false,
        is_required: false,
        has_password: true,
        devices: &[],
        notice: Some("Two-step sign-in is off."),
        alert: None,
    };
    let devices = [DeviceItem {
        id: "d41d8cd98f00b204",
        client: "Firefox on Linux",
        created: moment.clone(),
    }];
    let on = SecondFactorOverview {
        since: Some(moment),
        recovery_codes: 2,
        devices: &devices,
        notice: None,
        alert: Some("That is not your current password. Try again."),
        ..off.clone()
    };
    let by_passkey = SecondFactorOverview {
        asks_passkey: true,
        notice: None,
        ..off.clone()
    };
    [
        ("second-factor-overview-off", &off),
        ("second-factor-overview-passkey", &by_passkey),
        ("second-factor-overview", &on),
    ]
    .map(|(name, page)| Sample {
        name,
        html: super::second_factor_overview(page),
    })
}
