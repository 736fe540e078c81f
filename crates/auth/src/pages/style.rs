//! The style of the pages: one sheet for all, and one rule made of the theme.
//!
//! Both stand inline in `<style>` elements and are hashed by the content security policy, so what
//! the templates write must be these strings to the byte.

use super::Theme;

/// The sheet of every page.
pub(super) const SHEET: &str = include_str!("../../templates/style.css");

/// The theme's colours as custom properties of `:root`; empty when it sets none.
pub(super) fn theme_rule(theme: &Theme) -> String {
    let chosen_text = theme
        .button_text
        .as_ref()
        .map(|color| format!("--button-text-color:{color};"));
    let brand = theme
        .brand_color
        .as_ref()
        .map(|color| format!("--brand-color:{color};"));
    let readable = theme
        .brand_color
        .as_ref()
        .and_then(|color| color.readable_text());
    let readable = readable.map(|color| format!("--readable-text-color:{color};"));
    let properties: String = [brand, readable, chosen_text]
        .into_iter()
        .flatten()
        .collect();
    if properties.is_empty() {
        properties
    } else {
        format!(":root{{{properties}}}")
    }
}
