//! Look of a service's button.

use crate::pages::{Color, ImageUrl};

/// Look of a service's button.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderStyle {
    /// Its colour, which the button is filled with.
    pub brand_color: Option<Color>,
    /// Its logo; without, the first letter of its name.
    pub logo: Option<Logo>,
}

/// A picture of some twenty pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logo {
    /// An SVG element, which stands in the page as it is, so that no sign-in page tells another server of its visitors.
    ///
    /// SECURITY: markup; never from outside.
    Svg(&'static str),
    /// One of the application's own.
    Url(ImageUrl),
}
