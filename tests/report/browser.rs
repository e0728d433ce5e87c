//! The page in a browser, where there is one: nothing runs, nothing is wider than the screen, it prints.
//!
//! Needs RIPPLEMARK_FULL (`make test-full`) and Chromium; says so where one of them is missing.

use crate::fixture;
use ripplemark::report::page;
use std::path::{Path, PathBuf};
use std::process::Command;

fn chromium() -> Option<PathBuf> {
    if std::env::var_os("RIPPLEMARK_FULL").is_none() {
        eprintln!("skipped: RIPPLEMARK_FULL is not set");
        return None;
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: no Chromium in PATH");
    }
    found
}

fn run(browser: &Path, profile: &Path, arguments: &[&str], page: &Path) -> String {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ])
        .args(["--disable-background-networking", "--disable-component-update"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_shows_it() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile");
    for (name, report) in fixture::all() {
        let page = page::render(&report);
        let path = folder.path().join(format!("{name}.html"));
        std::fs::write(&path, &page).unwrap();
        // A script that a name brought in would run before the page is given back.
        let html = run(&browser, &profile, &["--dump-dom"], &path);
        assert!(html.contains("</main>") && !html.contains("<script"), "{name}");

        // A copy without the policy and with a script of ours, which tells the page around it how wide it is.
        let (start, rest) = page.split_once("<meta http-equiv").unwrap();
        let (_, rest) = rest.split_once('>').unwrap();
        let script =
            "<script>parent.postMessage(document.documentElement.scrollWidth-innerWidth,'*')</script>";
        let inner = folder.path().join(format!("{name}-inner.html"));
        std::fs::write(&inner, format!("{start}{rest}{script}")).unwrap();
        for columns in [360, 1280] {
            let outer = folder.path().join(format!("{name}-outer.html"));
            let frame = format!("<iframe width={columns} height=800 src='{name}-inner.html'></iframe>");
            let listener =
                "<script>onmessage=m=>document.title=m.data>0?'too wide by '+m.data:'fits'</script>";
            std::fs::write(&outer, format!("<!DOCTYPE html><title>?</title>{listener}{frame}")).unwrap();
            let html = run(&browser, &profile, &["--dump-dom", "--virtual-time-budget=5000"], &outer);
            assert!(html.contains("<title>fits</title>"), "{name} {columns}: {html}");
        }
    }
    let pdf = folder.path().join("page.pdf");
    run(
        &browser,
        &profile,
        &[&format!("--print-to-pdf={}", pdf.display())],
        &folder.path().join("funnel.html"),
    );
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF"));
}
