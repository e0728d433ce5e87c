//! The page as a browser reads it: valid, safe, reachable, small.

use crate::fixture;
use ripplemark::report::page;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;

pub(crate) fn all<'h>(html: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

pub(crate) fn text(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>()
}

fn pages() -> Vec<(&'static str, String, Html)> {
    (fixture::all().into_iter())
        .map(|(name, report)| {
            let page = page::render(&report);
            let html = Html::parse_document(&page);
            (name, page, html)
        })
        .collect()
}

#[test]
fn parsers_find_nothing_wrong() {
    for (name, _, html) in pages() {
        assert_eq!(html.errors, Vec::<std::borrow::Cow<'static, str>>::new(), "{name}");
    }
    // They would find something.
    assert!(!Html::parse_document("<!DOCTYPE html><title>x</title><p></b>").errors.is_empty());
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    const ELEMENTS: &str = "script,iframe,object,embed,link,img,image,base,form,input,video,audio,use,foreignObject,animate,set,template";
    const LOADING: [&str; 9] =
        ["src", "srcset", "data", "action", "formaction", "background", "poster", "ping", "style"];
    for (name, page, html) in pages() {
        assert!(all(&html, ELEMENTS).is_empty(), "{name}");
        for element in all(&html, "*") {
            for (attribute, value) in element.value().attrs() {
                assert!(!attribute.starts_with("on"), "{name}: {attribute}={value}");
                assert!(!LOADING.contains(&attribute), "{name}: {attribute}={value}");
                assert!(attribute != "href" || value.starts_with('#'), "{name}: {value}");
            }
        }
        for style in all(&html, "style") {
            let css = text(&style);
            assert!(
                !css.contains("url(") && !css.contains("@import") && !css.contains("image-set"),
                "{name}"
            );
        }
        let policy = all(&html, "head > meta[http-equiv]");
        assert_eq!(policy.len(), 1, "{name}");
        let policy = policy[0].value().attr("content").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("script"), "{name}: {policy}");
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("//"), "{name}");
    }
}

#[test]
fn markup_in_names_is_shown() {
    let page = page::render(&fixture::hostile());
    let html = Html::parse_document(&page);
    let seen = text(&html.root_element());
    for hostile in fixture::HOSTILE {
        assert!(seen.contains(&ripplemark::show::harmless(hostile)), "{hostile}");
    }
    // Elements are those of the usual page, and no attribute came in.
    let kinds = |html: &Html| -> BTreeSet<String> {
        all(html, "*").iter().map(|element| element.value().name().to_owned()).collect()
    };
    let usual = kinds(&Html::parse_document(&page::render(&fixture::funnel())));
    assert!(kinds(&html).is_subset(&usual), "{:?}", kinds(&html).difference(&usual));
    let steers = |c: char| {
        c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    assert_eq!(page.chars().find(|c| steers(*c)), None);
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    for (name, _, html) in pages() {
        let ids: Vec<&str> =
            all(&html, "[id]").iter().filter_map(|element| element.value().attr("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}");
        for link in all(&html, "a[href]") {
            let target = &link.value().attr("href").unwrap()[1..];
            assert!(unique.contains(target), "{name}: #{target}");
        }
        for labelled in all(&html, "[aria-labelledby]") {
            for id in labelled.value().attr("aria-labelledby").unwrap().split(' ') {
                assert!(unique.contains(id), "{name}: {id}");
            }
        }
    }
}

#[test]
fn everybody_finds_their_way() {
    for (name, _, html) in pages() {
        let root = html.root_element();
        assert_eq!(root.value().attr("lang"), Some("en"), "{name}");
        assert!(!text(&all(&html, "head > title")[0]).trim().is_empty(), "{name}");
        for landmark in ["header", "nav[aria-label]", "main#main", "footer", "h1"] {
            assert_eq!(all(&html, &format!("body {landmark}")).len(), 1, "{name}: {landmark}");
        }
        let first = all(&html, "body a")[0];
        assert_eq!((first.value().attr("class"), first.value().attr("href")), (Some("skip"), Some("#main")));
        let mut level = 0;
        for heading in all(&html, "h1,h2,h3,h4") {
            let own = heading.value().name()[1..].parse::<u32>().unwrap();
            assert!(own <= level + 1, "{name}: {}", text(&heading));
            level = own;
        }
        for picture in all(&html, "svg") {
            // A picture in a picture only cuts.
            if picture
                .ancestors()
                .skip(1)
                .any(|node| node.value().as_element().is_some_and(|e| e.name() == "svg"))
            {
                continue;
            }
            let is_hidden = picture.value().attr("aria-hidden") == Some("true");
            let title = picture.select(&Selector::parse("title").unwrap()).next();
            let is_named =
                picture.value().attr("role").is_some() && title.is_some_and(|t| !text(&t).is_empty());
            assert!(is_hidden || is_named, "{name}: {}", picture.html());
        }
        // What scrolls can be scrolled with keys.
        for region in all(&html, ".scroll") {
            assert_eq!(region.value().attr("tabindex"), Some("0"));
            assert!(!region.value().attr("aria-label").unwrap().is_empty());
        }
    }
}

#[test]
fn rows_have_as_many_cells_as_their_table_has_columns() {
    for (name, _, html) in pages() {
        for table in all(&html, "table") {
            let widths: BTreeSet<usize> = (table.select(&Selector::parse("tr").unwrap()))
                .map(|row| {
                    row.child_elements()
                        .map(|cell| cell.value().attr("colspan").map_or(1, |n| n.parse::<usize>().unwrap()))
                        .sum()
                })
                .collect();
            assert_eq!(widths.len(), 1, "{name}: {:?}", table.value());
        }
    }
}

#[test]
fn pages_are_small() {
    let size = |report| page::render(&report).len();
    assert!(size(fixture::funnel()) < 60_000, "{}", size(fixture::funnel()));
    assert!(size(ripplemark::report::Report::default()) < 12_000);
}
