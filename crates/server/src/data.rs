//! The data over HTTP: what of it is there, and where.

use std::borrow::Cow;

use axum::Router;
use axum::http::StatusCode;
use hallpass::data::http::{DataService, HttpOptions, PageSize, RestOptions};
use hallpass::{Auth, Client, Live};

use crate::config::Data;
use crate::failure::Failure;
use crate::http::site::is_below;

/// The styles that are open, at their paths.
#[derive(Debug, Clone)]
pub(crate) struct DataApi {
    service: DataService,
    /// Without a slash at the end.
    paths: Vec<String>,
    /// That of the REST style.
    rest: Option<String>,
    routes: Router,
}

impl DataApi {
    /// `None` where the settings or the access rules open nothing.
    ///
    /// # Errors
    /// [`Failure::Data`] when the settings do not go with the schema, [`Failure::DataPath`] when sign-in has the path.
    pub(crate) fn open(
        settings: &Data,
        client: &Client,
        auth: &Auth,
    ) -> Result<Option<Self>, Failure> {
        let paths: Vec<_> = settings.rpc.iter().chain(&settings.rest).cloned().collect();
        let service = DataService::new(client.clone(), options(settings))?;
        let service = match settings.live {
            Some(live) => service.with_live(&Live::new(client, live.options)),
            None => service,
        };
        if paths.is_empty() || service.models().next().is_none() {
            return Ok(None);
        }
        let base = auth.base_path();
        if let Some(path) = paths.iter().find(|path| is_below(path, base)) {
            return Err(Failure::DataPath {
                path: path.clone(),
                base: base.to_owned(),
            });
        }
        Ok(Some(Self {
            routes: routes(settings, &service, auth),
            service,
            paths,
            rest: settings.rest.clone(),
        }))
    }

    /// What answers, whoever asks.
    pub(crate) fn service(&self) -> &DataService {
        &self.service
    }

    /// Whether requests for this path are answered here.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.paths.iter().any(|base| is_below(path, base))
    }

    /// As much of a path as the log may hold.
    pub(crate) fn told<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.rest
            .as_deref()
            .map_or(Cow::Borrowed(path), |rest| without_ids(path, rest))
    }

    /// What answers, in the name of whoever is signed in.
    pub(crate) fn routes(&self) -> &Router {
        &self.routes
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

fn options(settings: &Data) -> HttpOptions {
    let rest = RestOptions {
        page_size: PageSize::Rows(settings.page_size),
        ..RestOptions::default()
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

fn routes(settings: &Data, service: &DataService, auth: &Auth) -> Router {
    let nothing = async || (StatusCode::NOT_FOUND, "There is nothing here.\n");
    let mut routes = Router::new().fallback(nothing);
    if let Some(path) = &settings.rpc {
        routes = routes.merge(hallpass::model_routes(service, path));
    }
    if let Some(path) = &settings.rest {
        routes = routes.merge(hallpass::rest_routes(service, path));
    }
    routes.layer(hallpass::layer(auth))
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
