//! Look of a service's button.

use crate::pages::{Color, ImageUrl};

/// Look of a service's button.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderStyle {
    /// Its colour.
    pub brand_color: Option<Color>,
    /// Its logo.
    pub logo: Option<Logo>,
}

/// A picture of some twenty pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logo {
    /// An SVG document of ours, served from here, so that no sign-in page tells another server of its visitors.
    Svg(&'static str),
    /// One of the application's own.
    Url(ImageUrl),
}
