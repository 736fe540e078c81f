//! The data over HTTP: what of it is there, and where.

use std::borrow::Cow;
use std::cmp::Reverse;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hallpass::data::http::{DataService, HttpOptions, PageSize, RestOptions, ServiceError, Style};
use hallpass::{Auth, Client, Live};

use crate::config::Data;
use crate::failure::Failure;
use crate::http::site::is_below;

/// The styles that are open, at their paths.
#[derive(Debug, Clone)]
pub(crate) struct DataApi {
    service: DataService,
    auth: Auth,
    /// Each without a slash at the end, and the longest first: what is below another is found before it.
    styles: Vec<(String, Style)>,
    /// The path of the REST style.
    rest: Option<String>,
}

impl DataApi {
    /// `None` where the settings or the access rules open nothing.
    ///
    /// # Errors
    /// [`Failure::Data`] and [`Failure::RestStyle`] when the settings do not go with the schema, [`Failure::DataPath`] when
    /// sign-in has the path.
    pub(crate) fn open(
        settings: &Data,
        client: &Client,
        auth: &Auth,
    ) -> Result<Option<Self>, Failure> {
        let styles = styles(settings);
        let service = DataService::new(client.clone(), options(settings));
        let service = service.map_err(|error| unfit(error, settings))?;
        let service = match settings.live {
            Some(live) => service.with_live(&Live::new(client, live.options)),
            None => service,
        };
        if styles.is_empty() || service.models().next().is_none() {
            return Ok(None);
        }
        let base = auth.base_path();
        if let Some((path, _)) = styles.iter().find(|(path, _)| is_below(path, base)) {
            return Err(Failure::DataPath {
                path: path.clone(),
                base: base.to_owned(),
            });
        }
        Ok(Some(Self {
            service,
            auth: auth.clone(),
            styles,
            rest: settings.rest.clone(),
        }))
    }

    /// What answers, whoever asks.
    pub(crate) fn service(&self) -> &DataService {
        &self.service
    }

    /// Whether rows of this model are served.
    pub(crate) fn opens(&self, model: &str) -> bool {
        self.service.models().any(|open| open.name == model)
    }

    /// Whether requests for this path are answered here.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// As much of a path as the log may hold.
    pub(crate) fn told<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.rest
            .as_deref()
            .map_or(Cow::Borrowed(path), |rest| without_ids(path, rest))
    }

    /// Answers in the name of whoever is signed in.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path();
        let found = self
            .at(path)
            .filter(|(base, _)| path.len() > base.len() + 1);
        match found {
            Some((base, style)) => {
                hallpass::answer_data(&self.auth, &self.service, (base, *style), request).await
            }
            None => (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response(),
        }
    }

    /// The style that a path belongs to.
    fn at(&self, path: &str) -> Option<&(String, Style)> {
        self.styles.iter().find(|(base, _)| is_below(path, base))
    }
}

/// A path of the REST style up to the type that it names, any other as it is.
///
/// SECURITY: ids follow the type, and an id may be a mail address.
fn without_ids<'p>(path: &'p str, rest: &str) -> Cow<'p, str> {
    let below = path
        .strip_prefix(rest)
        .and_then(|below| below.strip_prefix('/'));
    match below.and_then(|below| below.split_once('/')) {
        Some((kind, _)) => format!("{rest}/{kind}/…").into(),
        None => path.into(),
    }
}

/// What does not go with the schema, with the place where it is said.
fn unfit(error: ServiceError, settings: &Data) -> Failure {
    match error {
        ServiceError::Rest(source) => Failure::RestStyle {
            place: settings.style.place_of(&source).to_string(),
            source,
        },
        error @ ServiceError::Exposure(_) => Failure::Data(error),
    }
}

fn options(settings: &Data) -> HttpOptions {
    let rest = RestOptions {
        page_size: PageSize::Rows(settings.page_size),
        ..settings.style.options.clone()
    };
    HttpOptions {
        exposure: settings.exposure.clone(),
        limits: settings.http,
        rest: match &settings.rest {
            Some(path) => RestOptions {
                endpoint: path.clone(),
                ..rest
            },
            None => rest,
        },
        ..HttpOptions::default()
    }
}

fn styles(settings: &Data) -> Vec<(String, Style)> {
    let rpc = settings.rpc.iter().map(|path| (path, Style::Rpc));
    let rest = settings.rest.iter().map(|path| (path, Style::Rest));
    let styles = rpc.chain(rest);
    let mut styles: Vec<_> = styles
        .map(|(path, style)| (path.trim_end_matches('/').to_owned(), style))
        .collect();
    styles.sort_by_key(|(path, _)| Reverse(path.len()));
    styles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_of_a_row_is_logged() {
        for (path, told) in [
            ("/api/rest/user/ann@example.com", "/api/rest/user/…"),
            (
                "/api/rest/user/ann%40example.com/relationships/todos",
                "/api/rest/user/…",
            ),
            ("/api/rest/user/", "/api/rest/user/…"),
            ("/api/rest/user", "/api/rest/user"),
            ("/api/rest/", "/api/rest/"),
            ("/api/rest", "/api/rest"),
            ("/api/restful/user/1", "/api/restful/user/1"),
            ("/api/model/user/findMany", "/api/model/user/findMany"),
        ] {
            assert_eq!(without_ids(path, "/api/rest"), told, "{path}");
        }
    }
}
