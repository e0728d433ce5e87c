//! A page for each code: what it means, why it is an error, an example that fails, and the same, right.
//!
//! The pages are the files `docs/errors/RM….md`, which `build.rs` puts into the program; tests compile their examples.

/// The page of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The code, `RM0104`.
    pub code: &'static str,
    /// The whole page, Markdown.
    pub text: &'static str,
}

const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

impl Page {
    /// What the code stands for, in one line: the heading of the page without the code.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or("").trim_start_matches(['#', ' ']);
        line.strip_prefix(self.code).map_or(line, |rest| rest.trim_start_matches([':', ' ']))
    }
}

/// All pages, in ascending order of their codes.
pub fn pages() -> impl Iterator<Item = Page> {
    PAGES.iter().map(|&(code, text)| Page { code, text })
}

/// The page of a code, written `RM0104`, `rm0104`, `0104` or `104`; `None` where there is no such code.
///
/// ```
/// let page = ripplemark::diagnostic::explain_code("RM0104").unwrap();
/// assert_eq!(page.title(), "a key that means nothing here");
/// assert!(page.text.contains("## Wrong"));
/// assert!(ripplemark::diagnostic::explain_code("RM9999").is_none());
/// ```
#[must_use]
pub fn explain_code(code: &str) -> Option<Page> {
    let code = code.trim();
    let digits = match code.get(..2) {
        Some(letters) if letters.eq_ignore_ascii_case("rm") => code.get(2..)?,
        _ => code,
    };
    let is_number =
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wanted = is_number.then(|| format!("RM{digits:0>4}"))?;
    pages().find(|page| page.code == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_however_they_are_written() {
        for code in ["RM0104", "rm0104", " 0104 ", "104"] {
            assert_eq!(explain_code(code).map(|page| page.code), Some("RM0104"), "{code}");
        }
        for code in ["", "RM", "RMé", "R", "104x", "00104", "é104", "-104", "9999"] {
            assert_eq!(explain_code(code), None, "{code}");
        }
    }
}
