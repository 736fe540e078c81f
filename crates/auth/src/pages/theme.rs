//! How the pages and mails look: four settings, each checked so that none can leave its place in
//! the style or the markup.

use std::fmt;
use std::str::FromStr;

/// The look of pages and mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Light, dark, or as the reader's system says.
    pub color_scheme: ColorScheme,
    /// Shown on top of the card.
    pub logo: Option<ImageUrl>,
    /// Background of the main button.
    pub brand_color: Option<Color>,
    /// Text of the main button; when absent, black or white, whichever reads better.
    pub button_text: Option<Color>,
}

/// Light, dark, or as the reader's system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorScheme {
    /// As the system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl ColorScheme {
    /// The word in settings and in the class of `body`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What the page declares to the browser for scroll bars and form controls.
    pub(super) fn declared(self) -> &'static str {
        match self {
            Self::Auto => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl FromStr for ColorScheme {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        match text {
            "auto" => Ok(Self::Auto),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(ThemeError::ColorScheme),
        }
    }
}

/// Why a theme setting was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThemeError {
    /// Not a word for a colour scheme.
    #[error("the colour scheme is none of `auto`, `light`, `dark`")]
    ColorScheme,
    /// Not a colour.
    #[error("this is not a CSS colour: write `#346df1`, `rgb(52 109 241)` or a name")]
    Color,
    /// Not the address of an image.
    #[error("this is not the address of an image: write `https://…`, `/…` or `data:image/…`")]
    Image,
}

/// A CSS colour: `#346df1`, a name, or a colour function of plain numbers.
// INVARIANT: holds no character that could end a declaration, a rule or an attribute.
#[derive(Clone, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Black or white, whichever reads better on this colour; nothing when it is not `#rgb` or `#rrggbb`.
    pub fn readable_text(&self) -> Option<Self> {
        let luminance = self.luminance()?;
        let on_white = 1.05 / (luminance + 0.05);
        let on_black = (luminance + 0.05) / 0.05;
        Some(Self(
            if on_white >= on_black {
                "#ffffff"
            } else {
                "#000000"
            }
            .to_owned(),
        ))
    }

    /// Source: WCAG 2.2, "relative luminance".
    fn luminance(&self) -> Option<f64> {
        let [red, green, blue] = self.channels()?.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        Some(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    }

    fn channels(&self) -> Option<[u8; 3]> {
        let digits = self.0.strip_prefix('#')?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = match digits.len() {
            6 => number.to_be_bytes(),
            3 => [0, nibble(number, 8), nibble(number, 4), nibble(number, 0)],
            _ => return None,
        };
        Some([red, green, blue])
    }
}

/// `f` of `#f00` stands for `ff`.
fn nibble(number: u32, shift: u32) -> u8 {
    let [.., low] = (number >> shift & 0xf).to_be_bytes();
    low * 0x11
}

impl FromStr for Color {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        let text = text.trim();
        let valid = text.len() <= 64 && (is_hex(text) || is_name(text) || is_function(text));
        valid
            .then(|| Self(text.to_owned()))
            .ok_or(ThemeError::Color)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Color({})", self.0)
    }
}

fn is_hex(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8)
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

fn is_function(text: &str) -> bool {
    const FUNCTIONS: [&str; 9] = [
        "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch",
    ];
    let Some((name, arguments)) = text.strip_suffix(')').and_then(|text| text.split_once('('))
    else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .,%/+-".contains(&byte);
    FUNCTIONS.contains(&name) && arguments.bytes().all(plain)
}

/// Where an image is: an `http` or `https` address, a path of the site, or a `data:image/` address.
// INVARIANT: holds no control character, quote or space.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageUrl(String);

impl ImageUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageUrl {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        let starts = ["https://", "http://", "/", "data:image/"];
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte);
        let valid = starts.iter().any(|start| text.starts_with(start)) && text.bytes().all(plain);
        valid
            .then(|| Self(text.to_owned()))
            .ok_or(ThemeError::Image)
    }
}

impl fmt::Display for ImageUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ImageUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ImageUrl({})", self.0)
    }
}
