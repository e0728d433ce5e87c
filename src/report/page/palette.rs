//! The colours of the page, for light and dark screens. Good and bad differ in more than red and green, so that people
//! who see these alike still see two colours; and everywhere a word and a shape say the same.

use std::fmt::Write as _;

/// A colour: its name in the style sheet, on light and on dark screens.
pub(super) struct Colour {
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// All colours. The first is what everything else lies on.
pub(super) const PALETTE: [Colour; 16] = [
    colour("paper", "#fbfaf7", "#14191c"),
    colour("card", "#ffffff", "#1c2327"),
    colour("ink", "#1c2326", "#e8e6e0"),
    colour("muted", "#586168", "#a4aeb4"),
    colour("rule", "#dedbd3", "#343d42"),
    colour("link", "#1a5a78", "#86c5e2"),
    colour("good", "#00695f", "#55c7b5"),
    colour("warning", "#855600", "#e6b450"),
    colour("bad", "#b0301a", "#ff8e72"),
    colour("neutral", "#5d666c", "#a4aeb4"),
    colour("up", "#2f6f9f", "#6fb1dd"),
    colour("down", "#b4560f", "#e8985a"),
    colour("water1", "#e2edf0", "#22343c"),
    colour("water2", "#ecf3f4", "#1c2a30"),
    colour("water3", "#f4f7f6", "#182126"),
    colour("wave", "#b4cdd5", "#3a5560"),
];

/// The colours as variables of the style sheet. What is printed is always light.
pub(super) fn variables() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for colour in &PALETTE {
        // Writing to a string does not fail.
        let _ = write!(light, "--{}:{};", colour.name, colour.light);
        let _ = write!(dark, "--{}:{};", colour.name, colour.dark);
    }
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str) -> [&'static str; 2] {
        let colour = PALETTE.iter().find(|colour| colour.name == name).unwrap();
        [colour.light, colour.dark]
    }

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let part = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_measure_is_that_of_wcag() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    }

    #[test]
    fn texts_can_be_read_on_everything_they_lie_on() {
        for text in ["ink", "muted", "link", "good", "warning", "bad", "neutral", "up", "down"] {
            for ground in ["paper", "card"] {
                for (text_colour, ground_colour) in pair(text).into_iter().zip(pair(ground)) {
                    let found = contrast(text_colour, ground_colour);
                    assert!(found >= 4.5, "{text} {text_colour} on {ground} {ground_colour}: {found:.2}");
                }
            }
        }
        // Headings of the rings stand on water.
        for water in ["water1", "water2", "water3"] {
            for (text, ground) in pair("muted").into_iter().zip(pair(water)) {
                assert!(contrast(text, ground) >= 4.5, "muted on {water}: {:.2}", contrast(text, ground));
            }
        }
    }

    #[test]
    fn bars_and_lines_can_be_seen() {
        for line in ["good", "warning", "bad", "neutral", "up", "down", "link"] {
            for ground in ["paper", "card", "water1", "water2", "water3"] {
                for (line_colour, ground_colour) in pair(line).into_iter().zip(pair(ground)) {
                    assert!(contrast(line_colour, ground_colour) >= 3.0, "{line} on {ground}");
                }
            }
        }
    }

    /// Distance of two colours in the plane that remains to people without red or without green cones
    /// (Viénot, Brettel, Mollon 1999), per channel of linear light.
    #[test]
    fn good_and_bad_differ_without_red_or_green() {
        let linear = |hex: &str| {
            [1, 3, 5]
                .map(|at| (f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0).powf(2.2))
        };
        let protan = |[r, g, b]: [f64; 3]| [0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b];
        let deutan = |[r, g, b]: [f64; 3]| [0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b];
        for (good, bad) in [("good", "bad"), ("up", "down")] {
            for (good_colour, bad_colour) in pair(good).into_iter().zip(pair(bad)) {
                for seen in [protan, deutan] {
                    let (a, b) = (seen(linear(good_colour)), seen(linear(bad_colour)));
                    // As displays are encoded, so that dark colours count as the eye sees them.
                    let distance: f64 = (a.iter().zip(b))
                        .map(|(a, b)| (a.max(0.0).powf(1.0 / 2.2) - b.max(0.0).powf(1.0 / 2.2)).powi(2))
                        .sum();
                    assert!(distance.sqrt() > 0.15, "{good} and {bad}: {:.3}", distance.sqrt());
                }
            }
        }
    }
}
