//! The data over HTTP: what of it is there, and where.

use axum::Router;
use axum::http::StatusCode;
use hallpass::data::http::{DataService, HttpOptions, PageSize, RestOptions};
use hallpass::{Auth, Client};

use crate::config::Data;
use crate::failure::Failure;
use crate::http::site::is_below;

/// The styles that are open, at their paths.
#[derive(Debug, Clone)]
pub(crate) struct DataApi {
    service: DataService,
    /// Without a slash at the end.
    paths: Vec<String>,
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

    /// What answers, in the name of whoever is signed in.
    pub(crate) fn routes(&self) -> &Router {
        &self.routes
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
