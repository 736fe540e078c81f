//! The QR code of a secret, as SVG inside the page: nothing is loaded, and no other party sees the secret.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use crate::secret::Secret;

/// White modules around it, as the standard asks for (ISO/IEC 18004 section 5.3.8).
const QUIET: usize = 4;

/// `None` where the text is too long for a picture that cameras read well.
pub(crate) fn qr_code(uri: &Secret) -> Option<String> {
    let code = QrCode::with_error_correction_level(uri.expose(), EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (row, line) in colors.chunks(width).enumerate() {
        for (column, color) in line.iter().enumerate() {
            if *color == Color::Dark {
                // A string takes everything that is written.
                let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
            }
        }
    }
    let side = width + 2 * QUIET;
    // Black on white in dark pages too: not every camera reads the inverse.
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR code for your authenticator app\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_holds_paths_and_no_text() {
        let svg = qr_code(&Secret::new("otpauth://totp/<script>?secret=PLANTED")).unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        assert!(!svg.contains("PLANTED") && !svg.contains("script"));
        assert!(svg.len() < 40_000, "{}", svg.len());
    }

    #[test]
    fn every_dark_module_of_the_code_is_drawn_and_nothing_else() {
        let uri = "otpauth://totp/Example:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example";
        let svg = qr_code(&Secret::new(uri)).unwrap();
        let code = QrCode::with_error_correction_level(uri, EcLevel::M).unwrap();
        let side = code.width() + 2 * QUIET;
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
        assert!(svg.contains(&format!("fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"")));
        let (_, path) = svg.split_once("fill=\"#000\" d=\"").unwrap();
        let (path, _) = path.split_once('"').unwrap();
        let module = |text: &str| {
            let (place, square) = text.split_once('h').unwrap();
            assert_eq!(square, "1v1h-1");
            let (column, row) = place.split_once(' ').unwrap();
            (column.parse().unwrap(), row.parse().unwrap())
        };
        let mut drawn: Vec<(usize, usize)> = path
            .split_terminator('z')
            .map(|text| module(text.strip_prefix('M').unwrap()))
            .collect();
        let places = (0..code.width()).flat_map(|row| (0..code.width()).map(move |at| (at, row)));
        let dark = places.filter(|place| code[*place] == Color::Dark);
        let mut dark: Vec<_> = dark.map(|(at, row)| (at + QUIET, row + QUIET)).collect();
        drawn.sort_unstable();
        dark.sort_unstable();
        assert_eq!(drawn, dark);
    }

    #[test]
    fn what_does_not_fit_is_no_picture() {
        assert_eq!(qr_code(&Secret::new("a".repeat(5_000))), None);
    }
}
