//! The sheet's colours, read from the sheet: WCAG 2.2 AA for every pair that stands together.

use std::collections::HashMap;

const SHEET: &str = include_str!("../../templates/style.css");

type Palette = HashMap<&'static str, &'static str>;

/// The custom properties of the block that follows `selector`.
fn palette(selector: &str) -> Palette {
    let start = SHEET.find(selector).expect(selector) + selector.len();
    let block = &SHEET[start..];
    let block = &block[..block.find('}').expect("block ends")];
    block
        .split(';')
        .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(':'))
        .collect()
}

fn light() -> Palette {
    palette(".__next-auth-theme-auto,.__next-auth-theme-light{")
}

fn dark() -> Palette {
    palette("}\n.__next-auth-theme-dark{")
}

fn luminance(color: &str) -> f64 {
    let number = u32::from_str_radix(&color[1..], 16).expect(color);
    let channel = |shift: u32| {
        let value = f64::from(number >> shift & 0xff) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_reaches_four_and_a_half_to_one() {
    let pairs = [
        ("text", "page"),
        ("text", "card"),
        ("text", "field"),
        ("text", "raised"),
        ("muted", "page"),
        ("muted", "card"),
        ("muted", "field"),
        ("error-text", "error-card"),
    ];
    for palette in [light(), dark()] {
        for (text, ground) in pairs {
            let reached = contrast(palette[text], palette[ground]);
            assert!(reached >= 4.5, "{text} on {ground}: {reached:.2}");
        }
    }
}

#[test]
fn edges_focus_and_button_reach_three_to_one() {
    for palette in [light(), dark()] {
        for (edge, ground) in [
            ("edge", "card"),
            ("edge", "field"),
            ("focus", "card"),
            ("focus", "field"),
        ] {
            let reached = contrast(palette[edge], palette[ground]);
            assert!(reached >= 3.0, "{edge} on {ground}: {reached:.2}");
        }
        assert!(contrast("#346df1", palette["card"]) >= 3.0);
    }
    assert!(contrast("#346df1", "#ffffff") >= 4.5);
}

#[test]
fn the_dark_palette_is_the_same_by_choice_and_by_system() {
    let by_system = palette("@media (prefers-color-scheme:dark){.__next-auth-theme-auto{");
    assert_eq!(by_system, dark());
    assert_eq!(light().len(), dark().len());
}

/// What theme settings may not spoil: black or white, whichever reads better, always passes AA.
#[test]
fn the_text_on_any_brand_colour_is_readable() {
    for color in [
        "#000000", "#ffffff", "#ffd400", "#346df1", "#767676", "#e11", "#0a0", "#888",
    ] {
        let color: hallpass_auth::pages::Color = color.parse().unwrap();
        let text = color.readable_text().expect("a hex colour");
        let ground = match color.as_str() {
            short if short.len() == 4 => short
                .chars()
                .flat_map(|sign| {
                    if sign == '#' {
                        vec![sign]
                    } else {
                        vec![sign; 2]
                    }
                })
                .collect(),
            long => long.to_owned(),
        };
        let reached = contrast(text.as_str(), &ground);
        assert!(reached >= 4.5, "{text} on {color}: {reached:.2}");
    }
}
