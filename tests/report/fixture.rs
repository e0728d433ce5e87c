//! Reports made by hand: a seller's funnel as a quarter may look, and reports that are hard to show.

use ripplemark::report::{
    Asked, Driver, Explanation, Finding, Handoff, Link, Metric, Report, Ring, Shown, Target, Tone,
};
use ripplemark::show;

/// A number that is shown as its unit asks.
pub(crate) fn shown(unit: &str, value: f64) -> Shown {
    Shown { value: Some(value), text: show::number(unit, (Some(value), None)), reason: String::new() }
}

/// Whole numbers and money with the digits given.
pub(crate) fn said(value: f64, text: &str) -> Shown {
    Shown { value: Some(value), text: text.to_owned(), reason: String::new() }
}

fn whole(value: f64) -> Shown {
    said(value, &show::grouped(&format!("{value:.0}")).replace('-', "−"))
}

fn none(reason: &str) -> Shown {
    Shown { value: None, text: "–".into(), reason: reason.to_owned() }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn number(unit: &str, value: f64) -> Shown {
    match unit {
        "" | "money[USD]" => whole(value),
        _ => shown(unit, value),
    }
}

/// Name, label, owners, unit, value, prior, better when it rises.
type Line<'l> = (&'l str, &'l str, &'l [&'l str], &'l str, f64, f64, Option<bool>);

fn metric(line: Line<'_>) -> Metric {
    let (name, label, owners, unit, value, prior, good_up) = line;
    let change = value - prior;
    let change_text =
        if unit == "share" { format!("{:.1} pp", change * 100.0) } else { number(unit, change).text };
    // Six quarters that wander to the value, and come through the prior one.
    let steps = [-0.9, -0.35, -0.6, 0.25];
    let mut trend: Vec<(String, Option<f64>)> = (steps
        .iter()
        .zip(["2016-07", "2016-10", "2017-01", "2017-04"]))
    .map(|(step, period)| (period.to_owned(), Some(prior + change.abs().max(prior.abs() * 0.04) * step)))
    .collect();
    trend.push(("2017-07".into(), Some(prior)));
    trend.push(("2017-10".into(), Some(value)));
    Metric {
        name: name.into(),
        label: label.into(),
        description: format!("{label}, as the teams have agreed on it"),
        formula: if unit == "share" { format!("count_if({name}) / count()") } else { format!("sum({name})") },
        owners: owned(owners),
        unit: unit.into(),
        value: number(unit, value),
        prior: number(unit, prior),
        change: said(change, &change_text),
        better: good_up.filter(|_| change != 0.0).map(|up| up == (change > 0.0)),
        n: (value.abs() * 3.0) as u64 % 9000 + 120,
        trend,
        meaning: format!(
            "{:064x}",
            name.bytes().fold(7u128, |hash, byte| hash * 131 % (1 << 100) + u128::from(byte))
        ),
        ..Metric::default()
    }
}

fn judged(mut metric: Metric, tone: Tone, status: &str, target: &str) -> Metric {
    metric.tone = tone;
    metric.status = status.into();
    metric.target = target.into();
    metric
}

fn rings() -> Vec<Ring> {
    const UP: Option<bool> = Some(true);
    const DOWN: Option<bool> = Some(false);
    let (marketing, sdr, sales, revops) =
        (&["Marketing"][..], &["Sales Development"][..], &["Sales"][..], &["Revenue Operations"][..]);
    let mut minutes = metric(("session_minutes", "Minutes a session", marketing, "minutes", 6.4, 6.1, None));
    minutes.flags = owned(&["partial_period"]);
    let mut demo = metric(("demo_rate", "Demos shown", sdr, "share", 0.0, 0.0, UP));
    demo.value = none("zero_denominator");
    demo.change = none("zero_denominator");
    demo.better = None;
    for (_, value) in demo.trend.iter_mut().skip(4) {
        *value = None;
    }
    let behaviour = vec![
        metric(("touches", "Touches", marketing, "", 38_214.0, 36_020.0, UP)),
        judged(
            metric(("inbound_share", "Inbound share", marketing, "share", 0.412, 0.447, UP)),
            Tone::Warning,
            "slipping",
            "",
        ),
        metric(("pricing_share", "Sessions on pricing", marketing, "share", 0.187, 0.181, UP)),
        minutes,
        judged(
            metric(("follow_up", "Leads followed up in a day", sdr, "share", 0.713, 0.842, UP)),
            Tone::Bad,
            "behind",
            "behind",
        ),
        metric(("meetings", "Meetings held", sdr, "", 1_902.0, 2_044.0, UP)),
        demo,
    ];
    let conversion = vec![
        metric(("leads", "Leads", marketing, "", 5_012.0, 4_871.0, UP)),
        metric(("sqls", "Sales-qualified leads", sdr, "", 2_310.0, 2_466.0, UP)),
        judged(
            metric((
                "sql_rate",
                "Lead to SQL",
                &["Marketing", "Sales Development"],
                "share",
                0.461,
                0.506,
                UP,
            )),
            Tone::Warning,
            "look",
            "",
        ),
        metric(("opps_closed", "Deals closed", sdr, "", 1_310.0, 1_347.0, UP)),
        judged(
            metric(("win_rate", "Win rate", sales, "share", 0.61, 0.632, UP)),
            Tone::Bad,
            "below band",
            "at risk",
        ),
        judged(
            metric(("cycle_days", "Sales cycle", sales, "days", 52.25, 51.5, DOWN)),
            Tone::Good,
            "on track",
            "on track",
        ),
    ];
    let revenue = vec![
        judged(
            metric(("bookings", "Bookings", sales, "money[USD]", 2_802_496.0, 2_982_255.0, UP)),
            Tone::Bad,
            "behind",
            "behind",
        ),
        metric(("acv_per_win", "Average deal", sales, "money[USD]", 3_507.0, 3_552.0, UP)),
        metric(("largest_deal", "Largest deal", sales, "money[USD]", 28_784.0, 28_784.0, UP)),
        judged(
            metric((
                "renewals",
                "Renewals",
                &["Customer Success"],
                "money[USD]",
                1_204_410.0,
                1_150_002.0,
                UP,
            )),
            Tone::Good,
            "reached",
            "reached",
        ),
        metric(("acv_per_lead", "Bookings per lead", revops, "money[USD]", 559.0, 612.0, UP)),
    ];
    let ring = |name: &str, metrics| Ring { name: name.into(), metrics };
    vec![ring("behaviour", behaviour), ring("conversion", conversion), ring("revenue", revenue)]
}

fn links() -> Vec<Link> {
    let identity = "opps_closed * win_rate * acv_per_win";
    let links = [
        ("touches", "leads", "belief", "More touches bring more leads, after some weeks"),
        ("pricing_share", "leads", "belief", "Who looks at prices asks for an offer"),
        ("follow_up", "sqls", "belief", "A lead that waits for days has bought elsewhere"),
        ("meetings", "opps_closed", "belief", "No deal closes without a meeting"),
        ("sqls", "sql_rate", "identity", "sqls / leads"),
        ("opps_closed", "bookings", "identity", identity),
        ("win_rate", "bookings", "identity", identity),
        ("acv_per_win", "bookings", "identity", identity),
    ];
    let link = |(from, to, kind, text): (&str, &str, &str, &str)| Link {
        from: from.into(),
        to: to.into(),
        kind: kind.into(),
        text: text.into(),
    };
    links.into_iter().map(link).collect()
}

fn driver(
    name: &str,
    label: &str,
    owner: &str,
    ring: &str,
    sides: (Shown, Shown),
    contribution: f64,
) -> Driver {
    Driver {
        metric: name.into(),
        label: label.into(),
        owners: if owner.is_empty() { Vec::new() } else { owned(&[owner]) },
        ring: ring.into(),
        before: sides.0,
        after: sides.1,
        contribution: whole(contribution),
    }
}

fn explanations() -> Vec<Explanation> {
    let percent = |value: f64| shown("share", value);
    let bookings = Explanation {
        better: Some(false),
        metric: "bookings".into(),
        label: "Bookings".into(),
        unit: "money[USD]".into(),
        scope: String::new(),
        formula: "opps_closed * win_rate * acv_per_win".into(),
        from: "2017-07".into(),
        to: "2017-10".into(),
        before: whole(2_982_255.0),
        after: whole(2_802_496.0),
        change: whole(-179_759.0),
        drivers: vec![
            driver(
                "opps_closed",
                "Deals closed",
                "Sales Development",
                "conversion",
                (whole(1347.0), whole(1310.0)),
                -88_927.0,
            ),
            driver("win_rate", "Win rate", "Sales", "conversion", (percent(0.632), percent(0.61)), -54_907.0),
            driver(
                "acv_per_win",
                "Average deal",
                "Sales",
                "revenue",
                (whole(3552.0), whole(3507.0)),
                -35_925.0,
            ),
        ],
        by_owner: vec![("Sales Development".into(), whole(-88_927.0)), ("Sales".into(), whole(-90_832.0))],
        by_ring: vec![("conversion".into(), whole(-143_834.0)), ("revenue".into(), whole(-35_925.0))],
        notes: Vec::new(),
    };
    let plan = Explanation {
        better: Some(false),
        metric: "bookings".into(),
        label: "Bookings".into(),
        unit: "money[USD]".into(),
        scope: "region = EMEA".into(),
        formula: "leads * sql_rate * win_rate * acv_per_win".into(),
        from: "target".into(),
        to: "actual".into(),
        before: whole(10_800_000.0),
        after: whole(8_580_762.0),
        change: whole(-2_219_238.0),
        drivers: vec![
            driver(
                "leads",
                "Leads",
                "Marketing",
                "conversion",
                (whole(18_000.0), whole(19_204.0)),
                702_803.0,
            ),
            driver(
                "sql_rate",
                "Lead to SQL",
                "Sales Development",
                "conversion",
                (percent(0.55), percent(0.441)),
                -2_290_823.0,
            ),
            driver("win_rate", "Win rate", "Sales", "conversion", (percent(0.64), percent(0.61)), -619_020.0),
            driver("unexplained", "unexplained", "", "", (none(""), none("")), -12_198.0),
        ],
        by_owner: vec![
            ("Marketing".into(), whole(702_803.0)),
            ("Sales Development".into(), whole(-2_290_823.0)),
            ("Sales".into(), whole(-619_020.0)),
            ("unexplained".into(), whole(-12_198.0)),
        ],
        by_ring: vec![("conversion".into(), whole(-2_207_040.0)), ("".into(), whole(-12_198.0))],
        notes: vec![
            "Lead to SQL fell in each region but one, and the mix hides half of it (Simpson's paradox)."
                .into(),
        ],
    };
    vec![bookings, plan]
}

fn targets() -> Vec<Target> {
    let target = |metric: &str,
                  label: &str,
                  scope: &str,
                  owner: &str,
                  unit: &str,
                  numbers: [f64; 3],
                  status: &str,
                  tone| {
        let [goal, actual, expected] = numbers;
        Target {
            metric: metric.into(),
            label: label.into(),
            scope: scope.into(),
            owners: owned(&[owner]),
            unit: unit.into(),
            from: "2017-01-01".into(),
            due: "2017-12-31".into(),
            goal: number(unit, goal),
            actual: number(unit, actual),
            expected: number(unit, expected),
            attainment: shown("share", actual / goal),
            pace: said(actual / expected, &format!("{:.2}", actual / expected)),
            gap: number(unit, actual - expected),
            elapsed: Some(0.94),
            status: status.into(),
            tone,
        }
    };
    let usd = "money[USD]";
    vec![
        target(
            "bookings",
            "Bookings",
            "",
            "Sales",
            usd,
            [10_800_000.0, 8_580_762.0, 10_152_000.0],
            "behind",
            Tone::Bad,
        ),
        target(
            "bookings",
            "Bookings",
            "region = AMER",
            "Ada Berg",
            usd,
            [5_400_000.0, 5_310_224.0, 5_076_000.0],
            "on track",
            Tone::Good,
        ),
        target(
            "bookings",
            "Bookings",
            "region = EMEA",
            "Cem Demir",
            usd,
            [3_780_000.0, 2_340_538.0, 3_553_200.0],
            "behind",
            Tone::Bad,
        ),
        target(
            "bookings",
            "Bookings",
            "region = APAC",
            "Eva Fuchs",
            usd,
            [1_620_000.0, 930_000.0, 1_522_800.0],
            "at risk",
            Tone::Warning,
        ),
        target(
            "follow_up",
            "Leads followed up in a day",
            "",
            "Sales Development",
            "share",
            [0.9, 0.713, 0.89],
            "behind",
            Tone::Bad,
        ),
        target(
            "renewals",
            "Renewals",
            "",
            "Customer Success",
            usd,
            [1_100_000.0, 1_204_410.0, 1_034_000.0],
            "reached",
            Tone::Good,
        ),
    ]
}

fn journey() -> Vec<Handoff> {
    let handoff = |from: (&str, &str),
                   to: (&str, &str),
                   counts: [u64; 5],
                   rejected: &[(&str, u64)],
                   worth: f64,
                   tone| {
        let [entered, accepted, ignored, pending, late] = counts;
        Handoff {
            from: from.0.into(),
            from_owner: from.1.into(),
            to: to.0.into(),
            to_owner: to.1.into(),
            period: "2017-10".into(),
            entered,
            accepted,
            rejected: rejected.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
            ignored,
            pending,
            late,
            within: shown("share", (accepted - late) as f64 / entered as f64),
            goal: shown("share", 0.9),
            wait: said(31.4, "31.4 hours"),
            leak: ignored + late,
            leak_value: whole(worth),
            leak_unit: "money[USD]".into(),
            tone,
            ..Handoff::default()
        }
    };
    let (mql, sql, opp, onboarding) = (
        ("Marketing-qualified", "Marketing"),
        ("Sales-qualified", "Sales Development"),
        ("Opportunity", "Sales"),
        ("Onboarding", "Customer Success"),
    );
    vec![
        handoff(
            mql,
            sql,
            [5012, 2310, 1184, 402, 512],
            &[("wrong country", 611), ("no budget", 388), ("clerical", 117)],
            949_264.0,
            Tone::Bad,
        ),
        handoff(sql, opp, [2310, 1690, 204, 96, 131], &[("not ready", 320)], 418_120.0, Tone::Warning),
        handoff(opp, onboarding, [799, 781, 0, 18, 0], &[], 0.0, Tone::Good),
    ]
}

fn findings() -> Vec<Finding> {
    let finding =
        |rule: &str, metric: &str, tone, scope: &str, owners: &[&str], watchers: &[&str], message: &str| {
            Finding {
                rule: rule.into(),
                metric: metric.into(),
                severity: match tone {
                    Tone::Bad => "critical",
                    Tone::Warning => "warning",
                    Tone::Good | Tone::Neutral => "info",
                }
                .into(),
                tone,
                scope: scope.into(),
                period: "2017-10".into(),
                message: message.into(),
                owners: owned(owners),
                watchers: owned(watchers),
            }
        };
    vec![
        finding(
            "handoff-leak",
            "follow_up",
            Tone::Bad,
            "region = EMEA",
            &["Sales Development"],
            &["Marketing"],
            "812 of 1,640 leads were not touched within 72 business hours",
        ),
        finding(
            "win-band",
            "win_rate",
            Tone::Bad,
            "",
            &["Sales"],
            &["Revenue Operations"],
            "Win rate left its band: 61.0 % is below 62.0 %",
        ),
        finding(
            "sql-drop",
            "sql_rate",
            Tone::Warning,
            "channel = Webinar",
            &["Marketing", "Sales Development"],
            &[],
            "Lead to SQL fell by 4.5 points with 1,204 leads",
        ),
        finding(
            "inbound",
            "inbound_share",
            Tone::Warning,
            "",
            &["Marketing"],
            &[],
            "Inbound share falls for the third quarter in a row",
        ),
        finding(
            "stale-quotes",
            "",
            Tone::Warning,
            "",
            &["Sales"],
            &["Finance"],
            "41 open deals have had no activity for 60 days",
        ),
        finding(
            "renewal-record",
            "renewals",
            Tone::Neutral,
            "",
            &["Customer Success"],
            &[],
            "Renewals are at their highest since 2015",
        ),
    ]
}

/// The usual report: a quarter that went badly.
pub(crate) fn funnel() -> Report {
    let hash =
        |seed: u128| format!("{:032x}{:032x}", seed * 0x9e37_79b9_7f4a_7c15, seed * 0xc2b2_ae3d_27d4_eb4f);
    Report {
        book: "acme-revenue".into(),
        version: "2017.4.0".into(),
        asked: Asked {
            grain: "quarter".into(),
            period: "2017-10".into(),
            prior: "2017-07".into(),
            as_of: "2017-12-10".into(),
            filter: "segment == \"Enterprise\"".into(),
        },
        rings: rings(),
        links: links(),
        explanations: explanations(),
        targets: targets(),
        journey: journey(),
        findings: findings(),
        data_notes: owned(&[
            "leads: 21,412 rows read, 19,204 used; 2,208 filtered out",
            "opportunities by closed_on: 8,800 rows read, 6,711 used; 2,089 without a time (no_time)",
            "invalid values: opportunities.acv 1, the first is \"550,50\" in row 4",
        ]),
        omitted: owned(&["Net revenue retention: it needs the table subscriptions, and no file was given"]),
        receipts: vec![
            ("result".into(), hash(0x1234_5678_9abc)),
            ("data".into(), hash(0xfeed_beef)),
            ("program".into(), hash(0xabcd_ef01_2345)),
            ("ripplemark".into(), "0.1.0".into()),
        ],
    }
}

/// Texts that want to be markup, or to turn lines around.
pub(crate) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style></svg><script>alert(1)</script>",
    "R&D &amp; &lt;b&gt;",
    "مبيعات \u{202e}desrever\u{202c} مكتب",
    "Zu\u{308}rich e\u{301}\u{327} \u{1b}[31mred\u{0}\u{85}",
    "javascript:alert(1)",
];

/// The usual report with hostile texts in the place of all its texts.
pub(crate) fn hostile() -> Report {
    let mut at = 0;
    let mut next = || {
        at += 1;
        HOSTILE[at % HOSTILE.len()].to_owned()
    };
    let mut report = funnel();
    report.book = next();
    report.version = next();
    report.asked = Asked { grain: next(), period: next(), prior: next(), as_of: next(), filter: next() };
    for ring in &mut report.rings {
        for metric in &mut ring.metrics {
            metric.label = next();
            (metric.description, metric.formula) = (next(), next());
            (metric.owners, metric.flags) = (vec![next()], vec![next()]);
            (metric.unit, metric.status, metric.target, metric.meaning) = (next(), next(), next(), next());
            metric.value.text = next();
            metric.change.text = next();
            metric.trend.iter_mut().for_each(|(period, _)| *period = next());
            if metric.value.value.is_none() {
                metric.value.reason = next();
            }
        }
    }
    for link in &mut report.links {
        (link.kind, link.text) = (next(), next());
    }
    for one in &mut report.explanations {
        (one.label, one.unit, one.from, one.to) = (next(), next(), next(), next());
        (one.scope, one.formula) = (next(), next());
        one.notes = HOSTILE.map(str::to_owned).to_vec();
        for driver in &mut one.drivers {
            (driver.metric, driver.label, driver.owners, driver.ring) =
                (next(), next(), vec![next()], next());
            driver.contribution.text = next();
        }
        one.by_owner.iter_mut().chain(&mut one.by_ring).for_each(|(name, _)| *name = next());
    }
    for target in &mut report.targets {
        (target.label, target.scope, target.owners, target.status) = (next(), next(), vec![next()], next());
        (target.unit, target.due) = (next(), next());
    }
    for handoff in &mut report.journey {
        (handoff.from, handoff.to, handoff.from_owner, handoff.to_owner) = (next(), next(), next(), next());
        (handoff.scope, handoff.period, handoff.leak_unit) = (next(), next(), next());
        handoff.rejected.iter_mut().for_each(|(reason, _)| *reason = next());
    }
    for finding in &mut report.findings {
        (finding.rule, finding.metric, finding.severity, finding.scope) = (next(), next(), next(), next());
        (finding.message, finding.owners, finding.watchers) = (next(), vec![next(), next()], vec![next()]);
    }
    report.data_notes = HOSTILE.map(str::to_owned).to_vec();
    report.omitted = HOSTILE.map(str::to_owned).to_vec();
    report.receipts = HOSTILE.map(|text| (text.to_owned(), text.to_owned())).to_vec();
    report
}

/// Nothing has a value.
pub(crate) fn missing() -> Report {
    let mut report = funnel();
    for metric in report.rings.iter_mut().flat_map(|ring| &mut ring.metrics) {
        (metric.value, metric.prior, metric.change) =
            (none("empty"), none("empty"), none("empty|zero_denominator"));
        (metric.better, metric.tone, metric.n) = (None, Tone::Neutral, 0);
        metric.status.clear();
        metric.trend.iter_mut().for_each(|(_, value)| *value = None);
    }
    for one in &mut report.explanations {
        (one.before, one.after, one.change) = (none("empty"), none("empty"), none("empty"));
        for driver in &mut one.drivers {
            (driver.before, driver.after, driver.contribution) =
                (none("empty"), none("empty"), none("empty"));
        }
        one.by_owner.iter_mut().chain(&mut one.by_ring).for_each(|(_, part)| *part = none("empty"));
    }
    for target in &mut report.targets {
        for number in
            [&mut target.actual, &mut target.expected, &mut target.pace, &mut target.gap, &mut target.goal]
        {
            *number = none("zero_denominator");
        }
    }
    for handoff in &mut report.journey {
        let empty = Handoff { from: handoff.from.clone(), to: handoff.to.clone(), ..Handoff::default() };
        *handoff = empty;
    }
    report
}

/// One metric, and no time.
pub(crate) fn single() -> Report {
    let mut only = metric(("deals", "Deals", &["Sales"], "", 12.0, 9.0, None));
    (only.prior, only.change) = (Shown::default(), Shown::default());
    only.trend.clear();
    Report {
        book: "tiny".into(),
        rings: vec![Ring { name: String::new(), metrics: vec![only] }],
        ..Report::default()
    }
}

/// A hundred metrics, forty drivers, names that never end, numbers that hardly fit.
pub(crate) fn crowded() -> Report {
    let mut report = funnel();
    for ring in &mut report.rings {
        let first = ring.metrics.first().cloned().unwrap_or_default();
        for at in ring.metrics.len()..33 {
            let mut one = first.clone();
            one.name = format!("{}_{at}", ring.name);
            one.label = format!(
                "{} of all accounts that were touched by a campaign in the quarter before {at}",
                ring.name
            );
            one.value = shown("", [1.5e300, -9_007_199_254_740_992.0, 1e-300, 123_456_789_012.25][at % 4]);
            one.change = shown("", [f64::MAX, -f64::MAX, 5e-324, 0.0][at % 4]);
            one.trend = (0..24)
                .map(|i| (format!("{i}"), Some(if i % 2 == 0 { f64::MAX } else { -f64::MAX })))
                .collect();
            ring.metrics.push(one);
        }
    }
    report.rings.push(Ring { name: String::new(), metrics: single().rings.remove(0).metrics });
    let one = &mut report.explanations[0];
    for at in one.drivers.len()..40 {
        let part = if at % 2 == 0 { 1.0 } else { -1.0 } * (at * 4000) as f64;
        let name = format!("DriverWithANameThatNeverSeemsToEndAndHasNoSpaceInIt{at}");
        one.drivers.push(driver(
            &name,
            &name,
            "A team with rather many words in its name",
            "conversion",
            (whole(1.0), whole(2.0)),
            part,
        ));
    }
    let huge = &mut report.explanations[1];
    huge.before = shown("", f64::MAX);
    huge.after = shown("", -f64::MAX);
    huge.drivers[0].contribution = shown("", -f64::MAX);
    huge.drivers[1].contribution = shown("", -f64::MAX);
    report.targets[0].goal = shown("", f64::MAX);
    report.targets[1].actual = shown("", -f64::MAX);
    report.journey[0].entered = u64::MAX;
    report.journey[0].ignored = u64::MAX;
    report.journey[0].leak = u64::MAX;
    report
}

/// All of them, with names.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("funnel", funnel()),
        ("hostile", hostile()),
        ("missing", missing()),
        ("single", single()),
        ("crowded", crowded()),
        ("empty", Report::default()),
    ]
}
