//! The targets and rules of the example, on its data; the numbers are those of a plain count over the Parquet files.
#![cfg(all(feature = "compile", feature = "io"))]

use num_rational::BigRational;
use ripplemark::data::Dataset;
use ripplemark::rule::{self, Ask};
use ripplemark::target::{self, Status};

fn example() -> (ripplemark::model::Book, Dataset) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leadforge");
    let book = ripplemark::book::load_path(format!("{root}/funnel.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"))
        .book;
    let mut data = Dataset::default();
    for (table, file) in [
        ("leads", "leads"),
        ("opportunities", "opportunities"),
        ("touches", "touches"),
        ("sessions", "sessions"),
        ("activities", "sales_activities"),
    ] {
        data.add_file(table, format!("{root}/data/{file}.parquet"), None);
    }
    (book, data)
}

#[test]
fn targets_stand_where_a_plain_count_says() {
    let (book, data) = example();
    let targets = target::evaluate(&book, &data, None).unwrap();
    let [acv, _, _, rate, sqls] = &targets[..] else { panic!("five targets") };

    // 5 + 152 + 590 deals of January to March: 242,611 + 9,566,365 + 36,148,663.
    assert_eq!(acv.standing.actual.exact().as_deref(), Some("45957639"));
    assert_eq!(acv.standing.gap.exact().as_deref(), Some("-14042361"));
    assert_eq!((acv.standing.status, acv.as_of.as_str()), (Some(Status::Missed), "2024-03-31"));

    // March is the latest whole month on 27 April; 58 of the 122 days from 1 March have passed.
    let (february, march) = (fraction(152, 628), fraction(590, 1034));
    let goal = fraction(7, 10);
    assert_eq!(rate.standing.baseline.number().unwrap(), &february);
    assert_eq!(rate.standing.actual.number().unwrap(), &march);
    let expected = &february + (&goal - &february) * fraction(58, 122);
    assert_eq!(rate.standing.pace.number().unwrap(), &(&march / &expected));
    assert_eq!(rate.standing.status, Some(Status::OnTrack));

    // The leads were all created by 30 January.
    let gaps: Vec<(String, String)> = sqls
        .gap_by_owner
        .iter()
        .map(|gap| (gap.owners.join(", "), gap.gap.exact().unwrap_or_default()))
        .collect();
    let elapsed = fraction(30, 31);
    let marketing = fraction(2112 + 900, 1) - fraction(3250, 1) * &elapsed;
    let sdr = fraction(1624, 1) - fraction(1750, 1) * &elapsed;
    assert_eq!(
        gaps,
        [("Marketing".to_owned(), marketing.to_string()), ("Sales Development".to_owned(), sdr.to_string())]
    );
    assert_eq!(sqls.standing.gap.number().unwrap(), &(marketing + sdr));
}

fn fraction(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

#[test]
fn findings_name_owners() {
    let (book, data) = example();
    let found = rule::evaluate(&book, &data, Ask::default()).unwrap();
    let said: Vec<(&str, String, &str)> = found
        .findings
        .iter()
        .map(|finding| (finding.rule.as_str(), finding.owners.join(", "), finding.message.as_str()))
        .collect();
    let qualifies = "Sales Development, Marketing";
    let sdr = "Sales Development";
    assert_eq!(
        said,
        [
            (
                "q1-plan",
                "Sales".into(),
                "ACV won is 45,957,639 of 60,000,000: missed, −14,042,361 against the plan"
            ),
            (
                "deals-shrink",
                "Revenue Operations".into(),
                "the average deal fell from 62,936.61 to 61,268.92 (590 deals)"
            ),
            (
                "sql-goal",
                sdr.into(),
                "2,112 of 2,250 leads from inbound_marketing are qualified: at risk, pace 97.0 %"
            ),
            (
                "sql-goal",
                sdr.into(),
                "900 of 1,000 leads from partner_referral are qualified: at risk, pace 93.0 %"
            ),
            (
                "sql-goal",
                sdr.into(),
                "1,624 of 1,750 leads from sdr_outbound are qualified: at risk, pace 95.9 %"
            ),
            (
                "win-rate-path",
                "Sales".into(),
                "win rate 57.1 % in 2024-03, 21.2 pp ahead of the path to 70.0 %"
            ),
            ("rep-qualifies-less", qualifies.into(), "rep_000003: 462 of 503 leads are qualified"),
            ("rep-qualifies-less", qualifies.into(), "rep_000005: 445 of 489 leads are qualified"),
            ("rep-qualifies-less", qualifies.into(), "rep_000010: 428 of 467 leads are qualified"),
        ]
    );
    assert!(found.rules.iter().all(|report| report.note().is_none()), "{:?}", found.rules);
}

/// The code blocks of a page in one language, without those that are parts of another one.
fn blocks<'p>(page: &'p str, fence: &str) -> Vec<&'p str> {
    page.split(&format!("```{fence}\n")).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_tutorial_prints_what_comes_out() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/BOOK.md")).unwrap();
    let starts = ["ripplemark:", "tables:", "metrics:", "targets:", "rules:"];
    // The first block of each section; later ones show variants.
    let yaml = blocks(&page, "yaml");
    let text: String = starts
        .iter()
        .filter_map(|start| yaml.iter().find(|block| block.starts_with(start)))
        .copied()
        .collect();
    let book =
        ripplemark::book::load_str(&text, "acme.yaml").unwrap_or_else(|problems| panic!("{problems}")).book;
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("deals.csv");
    let deals = blocks(&page, "").into_iter().find(|block| block.starts_with("Deal,")).unwrap();
    std::fs::write(&csv, deals).unwrap();
    let mut data = Dataset::default();
    data.add_file("deals", &csv, None);

    let bookings = &target::evaluate(&book, &data, None).unwrap()[0];
    assert_eq!((bookings.as_of.as_str(), bookings.standing.status), ("2017-08-30", Some(Status::Behind)));
    let standing = &bookings.standing;
    for (figure, words) in
        [(&standing.expected, "2,652.17"), (&standing.actual, "2,050.80"), (&standing.pace, "77.3 %")]
    {
        assert!(figure.shown() == words && page.contains(words), "{}", figure.shown());
    }
    let gaps: Vec<_> =
        bookings.gap_by_owner.iter().map(|gap| (gap.parts.join(","), gap.gap.shown())).collect();
    assert_eq!(gaps, [("EMEA".to_owned(), "−91.00"), ("AMER".to_owned(), "−510.37")]);

    let found = rule::evaluate(&book, &data, Ask::default()).unwrap().findings;
    assert!(!found.is_empty());
    for finding in found {
        let told = [finding.owners.join(", "), finding.watchers.join(", ")].join("; ");
        let line = page.lines().find(|line| line.contains(&finding.message));
        assert!(
            line.is_some_and(|line| line.ends_with(told.trim_end_matches("; "))),
            "{} {told}",
            finding.message
        );
    }
}
