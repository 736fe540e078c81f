//! Tells the engine the other end of the connection, where axum knows it.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use hallpass_auth::client::PeerAddress;

/// From `Router::into_make_service_with_connect_info::<SocketAddr>()`, unless somebody before us knew better.
pub(crate) fn add(extensions: &mut Extensions) {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    let Some(ConnectInfo(address)) = connection.copied() else {
        return;
    };
    if extensions.get::<PeerAddress>().is_none() {
        extensions.insert(PeerAddress(address.ip()));
    }
}
