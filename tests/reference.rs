//! Reference results: numbers that a database and exact rationals found, and that ripplemark must give to the bit.
//!
//! The data are not part of this repository (their licence does not say that they may be passed on). Where they lie is
//! told by `RIPPLEMARK_DATA`; without them the tests print that they were skipped. Some inputs are joined here, others by
//! lookups: both must give the same.
#![cfg(all(feature = "compile", feature = "io"))]

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::DataType;
use ripplemark::chain::to_f64;
use ripplemark::data::Dataset;
use ripplemark::evaluate::{Coordinate, ResultCell};
use ripplemark::explain::{self, Periods, Versus};
use ripplemark::model::{Grain, Instant, Query};
use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, ResultSet, book};
use serde_json::Value;
use support::{batch, by, compile, evaluate, tests_path};

/// Which number of a cell a column of the reference is.
#[derive(Clone, Copy)]
enum Part {
    /// The exact digits.
    Exact,
    /// The rounded value, by its bits.
    Bits,
    Numerator,
    Denominator,
    N,
}
use Part::{Bits, Denominator, Exact, N, Numerator};

/// (column of the reference, metric, which of its numbers): what `crm_02` to `crm_12` have in common. Their other
/// columns are quantiles.
const PIPELINE: &[(&str, &str, Part)] = &[
    ("opps", "opps", Exact),
    ("won", "won", Exact),
    ("lost", "lost", Exact),
    ("open", "open", Exact),
    ("win_rate_num", "win_rate", Numerator),
    ("win_rate_den", "win_rate", Denominator),
    ("win_rate", "win_rate", Bits),
    ("revenue", "revenue", Exact),
    ("avg_deal_num", "avg_deal", Numerator),
    ("avg_deal_den", "avg_deal", Denominator),
    ("avg_deal", "avg_deal", Bits),
    ("deal_size_n", "avg_deal", N),
    ("deal_size_mean", "avg_deal", Bits),
    ("deal_size_min", "deal_size_min", Exact),
    ("deal_size_max", "deal_size_max", Exact),
    ("won_cycle_days_n", "won_cycle_days_mean", N),
    ("won_cycle_days_mean", "won_cycle_days_mean", Bits),
    ("won_cycle_days_min", "won_cycle_days_min", Exact),
    ("won_cycle_days_max", "won_cycle_days_max", Exact),
    ("closed_cycle_days_n", "closed_cycle_days_mean", N),
    ("closed_cycle_days_mean", "closed_cycle_days_mean", Bits),
    ("closed_cycle_days_min", "closed_cycle_days_min", Exact),
    ("closed_cycle_days_max", "closed_cycle_days_max", Exact),
    ("velocity_per_day", "velocity_per_day", Bits),
];

/// The data, or a line that says that they are absent.
fn data() -> Option<PathBuf> {
    let path = std::env::var_os("RIPPLEMARK_DATA")
        .map_or_else(|| tests_path("..").join("../shared/data"), PathBuf::from);
    if path.join("reference").is_dir() {
        return Some(path);
    }
    support::say(&format!("SKIPPED: no reference data at {} (set RIPPLEMARK_DATA)", path.display()));
    None
}

fn reference(data: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(data.join("reference").join(name).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A binary64 as C's `%a` writes it with all 13 digits.
fn hex_float(value: f64) -> String {
    let bits = value.to_bits();
    let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    match exponent {
        0 if fraction == 0 => format!("{sign}0x0.0p+0"),
        0 => format!("{sign}0x0.{fraction:013x}p-1022"),
        _ => format!("{sign}0x1.{fraction:013x}p{:+}", exponent as i64 - 1023),
    }
}

/// A number or text of the reference as text; `None` for null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Compares one cell with the reference; `None` if they agree.
fn differs(expected: &Value, cell: &ResultCell, part: Part) -> Option<String> {
    let as_number = |value: &Value| text(value).map(|text| text.parse::<f64>().unwrap().to_bits());
    let agrees = match part {
        Exact => text(expected) == cell.exact,
        Bits => expected.get("hex").and_then(Value::as_str).map(str::to_owned) == cell.value.map(hex_float),
        Numerator => as_number(expected) == cell.numerator.map(f64::to_bits),
        // The reference writes null for a denominator of nothing.
        Denominator if expected.is_null() => cell.denominator == Some(0.0),
        Denominator => as_number(expected) == cell.denominator.map(f64::to_bits),
        N => text(expected) == Some(cell.n.to_string()),
    };
    let reasoned = cell.value.is_some() == cell.reasons.is_none();
    (!agrees || !reasoned).then(|| format!("expected {expected}, got {cell:?}"))
}

/// Compares every row of a reference with the cells at its coordinates; how many numbers were compared.
///
/// `null_key` is what a key that is null in the reference stands for. Cells beyond the reference are a difference, too.
fn compare(
    reference: &Value,
    result: &ResultSet,
    keys: &[&str],
    period: Option<&str>,
    null_key: &Coordinate,
    columns: &[(&str, &str, Part)],
) -> usize {
    let rows = reference["rows"].as_array().unwrap();
    let mut cells: HashMap<(Vec<String>, Option<i64>, &str), &ResultCell> = HashMap::new();
    for cell in &result.cells {
        let key = cell.key.iter().map(|key| format!("{key:?}")).collect();
        cells.insert((key, cell.period, result.metrics[cell.metric].name.as_str()), cell);
    }
    let groups: std::collections::HashSet<_> = cells.keys().map(|(key, day, _)| (key, day)).collect();
    assert_eq!(groups.len(), rows.len(), "groups of {}", reference["name"]);
    let mut compared = 0;
    for row in rows {
        let key: Vec<String> = keys
            .iter()
            .map(|key| match row[*key].as_str() {
                Some(text) => format!("{:?}", Coordinate::Text(text.to_owned())),
                None => format!("{null_key:?}"),
            })
            .collect();
        let day = period.map(|period| day_number(row[period].as_str().unwrap()));
        for (column, metric, part) in columns {
            let cell = cells
                .get(&(key.clone(), day, *metric))
                .unwrap_or_else(|| panic!("{}: no cell for {key:?} {day:?} {metric}", reference["name"]));
            let expected = row.get(*column).unwrap_or_else(|| panic!("no column {column}"));
            if let Some(difference) = differs(expected, cell, *part) {
                panic!("{} {key:?} {day:?} {column}: {difference}", reference["name"]);
            }
            compared += 1;
        }
    }
    assert!(compared > 0);
    println!("{}: {compared} numbers equal", reference["name"].as_str().unwrap());
    compared
}

fn day_number(text: &str) -> i64 {
    let date: jiff::civil::Date = text.parse().unwrap();
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from(epoch.until(date).unwrap().get_days())
}

/// A whole file as one batch.
fn read(path: PathBuf) -> RecordBatch {
    let reader = open(&path, &ReadOptions::default()).unwrap();
    let schema = reader.schema();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn column(batch: &RecordBatch, name: &str) -> StringArray {
    let array = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    cast(array, &DataType::Utf8).unwrap().as_string::<i32>().clone()
}

/// For each row of `keys`, the row of `unique` that has the same text.
fn join(keys: &StringArray, unique: &StringArray) -> UInt64Array {
    let mut rows = HashMap::new();
    for (row, key) in unique.iter().enumerate() {
        assert!(rows.insert(key.unwrap(), row as u64).is_none(), "{key:?} occurs twice");
    }
    keys.iter().map(|key| key.and_then(|key| rows.get(key).copied())).collect()
}

/// Opportunities with the columns of their agent, product and account beside them.
fn crm(data: &Path) -> RecordBatch {
    let file = |name: &str| read(data.join("maven_crm").join(name));
    let (deals, teams, products, accounts) =
        (file("sales_pipeline.csv"), file("sales_teams.csv"), file("products.csv"), file("accounts.csv"));
    let product: StringArray = column(&deals, "product")
        .iter()
        .map(|name| name.map(|name| if name == "GTXPro" { "GTX Pro" } else { name }))
        .collect();
    let team = join(&column(&deals, "sales_agent"), &column(&teams, "sales_agent"));
    let list = join(&product, &column(&products, "product"));
    let account = join(&column(&deals, "account"), &column(&accounts, "account"));
    assert!(team.null_count() == 0 && list.null_count() == 0);
    let looked_up =
        |from: &RecordBatch, name: &str, rows: &UInt64Array| take(&column(from, name), rows, None).unwrap();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("manager", looked_up(&teams, "manager", &team)),
        ("regional_office", looked_up(&teams, "regional_office", &team)),
        ("series", looked_up(&products, "series", &list)),
        ("list_price", looked_up(&products, "sales_price", &list)),
        ("sector", looked_up(&accounts, "sector", &account)),
    ];
    for name in [
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
    ] {
        columns.push((name, Arc::new(column(&deals, name))));
    }
    batch(columns)
}

fn crm_book() -> String {
    std::fs::read_to_string(tests_path("books/crm.yaml")).unwrap()
}

/// Evaluates the book on the CRM data.
fn ask(data: &Path, text: &str, query: &Query) -> ResultSet {
    evaluate(&compile(&support::book(text), query), "opps", &crm(data))
}

fn pipeline(name: &str, keys: &[&str], dims: &[&str], period: Option<(&str, Grain)>) {
    let Some(data) = data() else { return };
    let mut text = crm_book();
    if name == "crm_12_by_engage_month" {
        // The same metrics, placed in time by another column.
        let moved = text.replace("time: close_date", "time: engage_date");
        assert_ne!(moved, text);
        text = moved;
    }
    let query = Query { grain: period.map(|(_, grain)| grain), ..by(dims) };
    let result = ask(&data, &text, &query);
    let expected = reference(&data, name);
    compare(&expected, &result, keys, period.map(|(key, _)| key), &Coordinate::Missing, PIPELINE);
    for rows in &result.rows {
        assert_eq!(rows.read, 8800);
        assert_eq!(rows.used + rows.rejected.iter().map(|(_, n)| n).sum::<u64>(), rows.read);
    }
}

#[test]
fn crm_02_overall() {
    pipeline("crm_02_overall", &[], &[], None);
}

#[test]
fn crm_03_by_agent() {
    let keys = ["sales_agent", "manager", "regional_office"];
    pipeline("crm_03_by_agent", &keys, &keys, None);
}

#[test]
fn crm_04_by_manager() {
    let keys = ["manager", "regional_office"];
    pipeline("crm_04_by_manager", &keys, &keys, None);
}

#[test]
fn crm_05_by_office() {
    pipeline("crm_05_by_office", &["regional_office"], &["regional_office"], None);
}

#[test]
fn crm_06_by_product_through_a_value_map() {
    pipeline("crm_06_by_product", &["product"], &["product"], None);
}

#[test]
fn crm_06b_by_product_as_the_data_spell_it() {
    let Some(data) = data() else { return };
    let expected = reference(&data, "crm_06b_by_product_raw");
    let key = expected["columns"][0].as_str().unwrap();
    pipeline("crm_06b_by_product_raw", &[key], &["product_raw"], None);
}

#[test]
fn crm_07_by_series() {
    pipeline("crm_07_by_series", &["series"], &["series"], None);
}

#[test]
fn crm_08_by_sector_with_a_missing_one() {
    pipeline("crm_08_by_sector", &["sector"], &["sector"], None);
}

#[test]
fn crm_09_by_month() {
    pipeline("crm_09_by_close_month", &[], &[], Some(("close_month", Grain::Month)));
}

#[test]
fn crm_10_by_quarter() {
    pipeline("crm_10_by_close_quarter", &[], &[], Some(("close_quarter", Grain::Quarter)));
}

#[test]
fn crm_11_by_quarter_and_office() {
    let keys = ["regional_office"];
    pipeline("crm_11_by_close_quarter_office", &keys, &keys, Some(("close_quarter", Grain::Quarter)));
}

#[test]
fn crm_12_by_engage_month() {
    pipeline("crm_12_by_engage_month", &[], &[], Some(("engage_month", Grain::Month)));
}

#[test]
fn crm_13_discount_with_totals_and_in_every_spelling() {
    let Some(data) = data() else { return };
    // Only won deals: a product without one would be a group of the query and none of the reference.
    let query = Query { totals: true, filter: Some("deal_stage == \"Won\"".to_owned()), ..by(&["product"]) };
    let result = ask(&data, &crm_book(), &query);
    let expected = reference(&data, "crm_13_discount");
    let columns = [
        ("won", "won", Exact),
        ("list_sum", "list_sum", Exact),
        ("close_sum", "revenue", Exact),
        ("discount_num", "discount_ratio", Numerator),
        ("discount_den", "discount_ratio", Denominator),
        ("discount", "discount", Bits),
        ("discount", "discount_spelt_differently", Bits),
        ("discount", "discount_ratio", Bits),
        ("above_list", "above_list", Exact),
        ("below_list", "below_list", Exact),
        ("min_close", "deal_size_min", Exact),
        ("max_close", "deal_size_max", Exact),
    ];
    compare(&expected, &result, &["product"], None, &Coordinate::All, &columns);
    // Not only the bits: the exact fraction is the same, too.
    let fractions = |name: &str| result.metric(name).map(|cell| cell.exact.clone()).collect::<Vec<_>>();
    assert_eq!(fractions("discount"), fractions("discount_spelt_differently"));
    assert!(fractions("discount").iter().all(Option::is_some));
}

/// Volume, win rate and deal size: what moved revenue from quarter to quarter, in all and by office.
/// The last day that is known stands in the formulas as `as_of`, beside a date column.
#[test]
fn crm_17_open_deals_by_their_age() {
    let Some(data) = data() else { return };
    let expected = reference(&data, "crm_17_open_age");
    let text = crm_book().replace("      deal_stage: category\n", "      deal_stage: category\n      account: id\n").replace(
        "links:\n",
        "  - {name: engaging, owner: sales, at: engage_date, agg: count, filter: 'deal_stage == \"Engaging\"'}
  - {name: stale, owner: sales, at: engage_date, filter: 'deal_stage == \"Engaging\"', expr: 'count_if(days_between(engage_date, as_of) > 90) / count()'}
  - {name: no_account, owner: sales, at: engage_date, filter: 'deal_stage == \"Engaging\"', expr: count_if(is_null(account))}
  - {name: age, owner: sales, at: engage_date, filter: 'deal_stage == \"Engaging\"', expr: average(as_of - engage_date)}
  - {name: youngest, owner: sales, at: engage_date, filter: 'deal_stage == \"Engaging\"', expr: min(as_of - engage_date)}
  - {name: oldest, owner: sales, at: engage_date, filter: 'deal_stage == \"Engaging\"', expr: max(as_of - engage_date)}
links:\n",
    );
    let metrics = ["engaging", "stale", "no_account", "age", "youngest", "oldest"];
    let query = Query {
        metrics: metrics.map(str::to_owned).to_vec(),
        as_of: Some(Instant::Date(day_number("2017-12-31") as i32)),
        ..by(&["regional_office"])
    };
    let columns = [
        ("open_engaging", "engaging", Exact),
        ("stale_90d_num", "stale", Numerator),
        ("stale_90d_den", "stale", Denominator),
        ("stale_90d", "stale", Bits),
        ("no_account", "no_account", Exact),
        ("age_days_n", "age", N),
        ("age_days_mean", "age", Bits),
        ("age_days_min", "youngest", Exact),
        ("age_days_max", "oldest", Exact),
    ];
    let result = ask(&data, &text, &query);
    let compared = compare(&expected, &result, &["regional_office"], None, &Coordinate::Missing, &columns);
    assert_eq!(compared, 3 * columns.len());
}

#[test]
fn crm_18_drivers_of_revenue() {
    let Some(data) = data() else { return };
    let deals = crm(&data);
    let mut dataset = Dataset::default();
    dataset.add_batches("opps", deals.schema(), vec![deals]);
    let book = support::book(&crm_book());
    let expected = reference(&data, "crm_18_revenue_drivers_shapley");
    let mut compared = 0;
    for by in [&[] as &[&str], &["regional_office"]] {
        let ask = explain::Ask {
            versus: Versus::Prior(Periods::All),
            query: Query { grain: Some(Grain::Quarter), ..support::by(by) },
            ..explain::Ask::new("revenue")
        };
        let found = explain::explain(&book, &dataset, &ask).unwrap();
        for one in &found.explained {
            let office = one.key.first().map_or("(all)".to_owned(), ToString::to_string);
            let row =
                expected["rows"].as_array().unwrap().iter().find(|row| {
                    row["regional_office"] == office.as_str() && row["from"] == one.from.as_str()
                });
            let row = row.unwrap_or_else(|| panic!("no row for {office} {}", one.from));
            assert_eq!(row["to"], one.to.as_str());
            let chain = one.outcome.as_ref().unwrap();
            let same = |column: &str, value: Option<f64>| {
                assert_eq!(
                    row[column]["hex"].as_str().unwrap(),
                    hex_float(value.unwrap()),
                    "{office} {column}"
                );
            };
            same("revenue_from", to_f64(&chain.before));
            same("revenue_to", to_f64(&chain.after));
            same("change", chain.change.contribution);
            let drivers = ["due_to_closed_opps", "due_to_win_rate", "due_to_deal_size"];
            for (column, part) in drivers.iter().zip(&chain.contributions) {
                same(column, part.contribution);
            }
            // The identity holds exactly, and what is printed adds up.
            assert_eq!(chain.unexplained.shown, "0");
            assert_eq!(chain.unexplained.contribution, Some(0.0));
            let printed = chain.contributions.iter().map(|part| part.shown.parse::<i64>().unwrap());
            assert_eq!(printed.sum::<i64>().to_string(), chain.change.shown);
            compared += 1;
            if office == "(all)" && one.from == "2017-07-01" {
                let shown: Vec<&str> = chain.contributions.iter().map(|part| part.shown.as_str()).collect();
                assert_eq!(
                    (chain.change.shown.as_str(), shown),
                    ("-179759", vec!["-88927", "-54907", "-35925"])
                );
            }
        }
    }
    assert_eq!(compared, expected["rows"].as_array().unwrap().len());
}

#[test]
fn crm_19_totals() {
    let Some(data) = data() else { return };
    let result = ask(&data, &crm_book(), &Query::default());
    let columns = [
        ("opps", "opps", Exact),
        ("won", "won", Exact),
        ("revenue", "revenue", Exact),
        ("won_cycle_days", "won_cycle_days", Exact),
    ];
    let expected = reference(&data, "crm_19_total_check");
    compare(&expected, &result, &[], None, &Coordinate::Missing, &columns);
}

/// The same metrics as in `crm_book`, over the tables as they are exported; the joins are ripplemark's.
const CRM_TABLES: &str = r#"
ripplemark: 1
book: {id: crm, version: 1.0.0, currency: USD, timezone: UTC}
teams: {sales: Sales, finance: Finance}
tables:
  opps:
    time: close_date
    columns:
      opportunity_id: id
      sales_agent: category
      product: {type: category, values: {GTXPro: GTX Pro}}
      product_raw: {type: category, source: product}
      account: category
      deal_stage: category
      engage_date: date
      close_date: date
      close_value: money
    lookups:
      team: {table: teams, by: sales_agent, columns: [manager, {office: regional_office}, regional_office]}
      product: {table: products, columns: [series, {list_price: sales_price}]}
      account: {table: accounts, by: account, columns: {sector: sector}}
  quotas:
    time: quarter_start
    columns: {sales_agent: id, quarter_start: date, quota: money}
    lookups:
      team: {table: teams, by: [sales_agent], columns: [manager, regional_office]}
  teams:
    key: sales_agent
    columns: {sales_agent: id, manager: category, regional_office: category}
  products:
    key: [product]
    columns: {product: id, series: category, sales_price: money}
  accounts:
    key: account
    columns: {account: category, sector: {type: category, values: {technolgy: technology}}}
metrics:
  - {name: quota, owner: sales, of: quotas, agg: sum, expr: quota, unit: money}
  - {name: attainment, type: ratio, owner: sales, unit: share, numerator: revenue, denominator: quota}
"#;

/// Every file of the CRM as it is.
fn crm_files(data: &Path) -> Dataset {
    let mut files = Dataset::default();
    let tables = [
        ("opps", "sales_pipeline"),
        ("teams", "sales_teams"),
        ("products", "products"),
        ("accounts", "accounts"),
    ];
    for (table, file) in tables {
        files.add_file(table, data.join("maven_crm").join(file).with_extension("csv"), None);
    }
    files.add_file("quotas", data.join("reference/inputs/crm_quota_madeup.csv"), None);
    files
}

fn ask_files(files: &Dataset, text: &str, query: &Query) -> ResultSet {
    files.evaluate(&compile(&support::book(text), query)).unwrap().finish().unwrap()
}

fn crm_lookups() -> String {
    let metrics = crm_book();
    format!("{CRM_TABLES}{}", metrics.split_once("metrics:\n").unwrap().1)
}

#[test]
fn crm_03_to_13_through_lookups() {
    let Some(data) = data() else { return };
    let files = crm_files(&data);
    let all: Vec<String> = support::book(&crm_book()).metrics.into_iter().map(|metric| metric.name).collect();
    let agent: &[&str] = &["sales_agent", "manager", "regional_office"];
    // (reference, its keys, dimensions): by plain names, by new names, by paths.
    let cases: [(&str, &[&str], &[&str]); 8] = [
        ("crm_03_by_agent", agent, agent),
        ("crm_03_by_agent", agent, &["sales_agent", "team.manager", "office"]),
        ("crm_04_by_manager", &["manager", "regional_office"], &["team.manager", "team.regional_office"]),
        ("crm_05_by_office", &["regional_office"], &["office"]),
        ("crm_06_by_product", &["product"], &["product.product"]),
        ("crm_07_by_series", &["series"], &["product.series"]),
        ("crm_08_by_sector", &["sector"], &["account.sector"]),
        ("crm_08_by_sector", &["sector"], &["sector"]),
    ];
    for (name, keys, dims) in cases {
        let result = ask_files(&files, &crm_lookups(), &Query { metrics: all.clone(), ..by(dims) });
        compare(&reference(&data, name), &result, keys, None, &Coordinate::Missing, PIPELINE);
        let account = result.lookups.iter().find(|report| report.path == "account");
        if let Some(account) = account {
            assert_eq!((account.rows, account.matched, account.key_missing), (85, 7375, 1425));
        }
        for report in result.lookups.iter().filter(|report| report.path != "account") {
            assert_eq!((report.matched, report.unmatched), (8800, 0), "{report:?}");
        }
    }
    let result = ask_files(
        &files,
        &crm_lookups(),
        &Query {
            metrics: all,
            totals: true,
            filter: Some("deal_stage == \"Won\" && product.sales_price > 0.00".to_owned()),
            ..by(&["product"])
        },
    );
    let columns = [
        ("list_sum", "list_sum", Exact),
        ("discount", "discount", Bits),
        ("above_list", "above_list", Exact),
    ];
    compare(&reference(&data, "crm_13_discount"), &result, &["product"], None, &Coordinate::All, &columns);
}

#[test]
fn crm_14_attainment_of_quotas_from_another_table() {
    let Some(data) = data() else { return };
    let keys = ["sales_agent", "manager", "regional_office"];
    let metrics = ["quota", "revenue", "attainment"].map(str::to_owned).to_vec();
    let query = Query { metrics: metrics.clone(), grain: Some(Grain::Quarter), ..by(&keys) };
    let columns = [
        ("quota", "quota", Exact),
        ("revenue", "revenue", Exact),
        ("attainment_num", "attainment", Numerator),
        ("attainment_den", "attainment", Denominator),
        ("attainment", "attainment", Bits),
    ];
    let files = crm_files(&data);
    let result = ask_files(&files, &crm_lookups(), &query);
    let expected = reference(&data, "crm_14_attainment");
    assert_eq!(expected["rows"].as_array().unwrap().len(), 140);
    compare(&expected, &result, &keys, Some("quarter_start"), &Coordinate::Missing, &columns);
    // Agents without a deal have a quota all the same.
    assert!(result.metric("attainment").any(|cell| cell.value == Some(0.0)));
    let query = Query { metrics, grain: Some(Grain::Quarter), ..by(&["regional_office"]) };
    let result = ask_files(&files, &crm_lookups(), &query);
    let expected = reference(&data, "crm_15_attainment_by_office_quarter");
    let keys = ["regional_office"];
    compare(&expected, &result, &keys, Some("quarter_start"), &Coordinate::Missing, &columns);
}

/// What the funnel's references have in common; quantiles aside.
const FUNNEL: &[(&str, &str, Part)] = &[
    ("leads", "leads", Exact),
    ("sql_rate_num", "sql_rate", Numerator),
    ("sql_rate_den", "sql_rate", Denominator),
    ("sql_rate", "sql_rate", Bits),
    ("opps", "opps", Exact),
    ("won", "won", Exact),
    ("lost", "lost", Exact),
    ("win_rate_num", "win_rate", Numerator),
    ("win_rate_den", "win_rate", Denominator),
    ("win_rate", "win_rate", Bits),
    ("acv_won", "acv_won", Exact),
    ("avg_acv_num", "avg_acv", Numerator),
    ("avg_acv_den", "avg_acv", Denominator),
    ("avg_acv", "avg_acv", Bits),
    ("cycle_days_n", "cycle_days_mean", N),
    ("cycle_days_mean", "cycle_days_mean", Bits),
    ("cycle_days_min", "cycle_days_min", Exact),
    ("cycle_days_max", "cycle_days_max", Exact),
];

#[test]
fn lf_02_to_04_leads_with_their_opportunities() {
    let Some(data) = data() else { return };
    let own = "      opportunity_id: id\n      outcome: {type: category, source: close_outcome}\n      closed_at: date\n      \
               acv: {type: money, source: estimated_acv}\n";
    let text = std::fs::read_to_string(tests_path("books/leads.yaml")).unwrap();
    let tables = format!(
        "      lead_source: category\n      owner_rep_id: id\n    lookups:\n      opp: {{table: opportunities, columns: \
         [opportunity_id, outcome, closed_at, acv]}}\n  opportunities:\n    key: lead_id\n    columns:\n      lead_id: id\n{own}"
    );
    let book = text.replace(own, &tables);
    assert_ne!(book, text);
    let mut files = Dataset::default();
    files.add_file("leads", data.join("leadforge/leads.parquet"), None);
    files.add_file("opportunities", data.join("leadforge/opportunities.parquet"), None);
    for (name, keys, grain) in [
        ("lf_01_overall", vec![], None),
        ("lf_02_by_source", vec!["lead_source"], None),
        ("lf_03_by_month_source", vec!["lead_source"], Some(Grain::Month)),
        ("lf_04_by_rep", vec!["owner_rep_id"], None),
    ] {
        let result = ask_files(&files, &book, &Query { grain, ..by(&keys) });
        let period = grain.map(|_| "month");
        compare(&reference(&data, name), &result, &keys, period, &Coordinate::Missing, FUNNEL);
        assert!(result.columns.iter().all(|column| column.invalid == 0), "{:?}", result.columns);
        assert_eq!(result.lookups.len(), 1);
        assert!(result.lookups[0].unmatched > 0 && result.lookups[0].example.is_some());
    }
}

#[test]
fn lf_01_leads_to_revenue() {
    let Some(data) = data() else { return };
    let leads = read(data.join("leadforge/leads.parquet"));
    let opportunities = read(data.join("leadforge/opportunities.parquet"));
    let rows = join(&column(&leads, "lead_id"), &column(&opportunities, "lead_id"));
    let mut columns: Vec<(&str, ArrayRef)> = ["lead_id", "lead_created_at", "is_sql"]
        .map(|name| (name, leads.column_by_name(name).unwrap().clone()))
        .to_vec();
    for name in ["opportunity_id", "close_outcome", "closed_at", "estimated_acv"] {
        let looked_up = take(opportunities.column_by_name(name).unwrap(), &rows, None).unwrap();
        columns.push((name, looked_up));
    }
    let program = compile(&book::load_path(tests_path("books/leads.yaml")).unwrap().book, &Query::default());
    let result = evaluate(&program, "leads", &batch(columns));
    assert!(result.columns.iter().all(|column| column.invalid == 0), "{:?}", result.columns);
    let columns = [
        ("leads", "leads", Exact),
        ("sql_rate_num", "sql_rate", Numerator),
        ("sql_rate_den", "sql_rate", Denominator),
        ("sql_rate", "sql_rate", Bits),
        ("opps", "opps", Exact),
        ("won", "won", Exact),
        ("lost", "lost", Exact),
        ("win_rate_num", "win_rate", Numerator),
        ("win_rate_den", "win_rate", Denominator),
        ("win_rate", "win_rate", Bits),
        ("acv_won", "acv_won", Exact),
        ("avg_acv_num", "avg_acv", Numerator),
        ("avg_acv_den", "avg_acv", Denominator),
        ("avg_acv", "avg_acv", Bits),
        ("cycle_days_n", "cycle_days_mean", N),
        ("cycle_days_mean", "cycle_days_mean", Bits),
        ("cycle_days_min", "cycle_days_min", Exact),
        ("cycle_days_max", "cycle_days_max", Exact),
    ];
    compare(&reference(&data, "lf_01_overall"), &result, &[], None, &Coordinate::Missing, &columns);
}

#[test]
fn robyn_02_by_quarter_from_the_file_itself() {
    let Some(data) = data() else { return };
    let book = book::load_path(tests_path("books/robyn.yaml")).unwrap().book;
    let program = compile(&book, &Query { grain: Some(Grain::Quarter), ..Query::default() });
    let mut evaluation = Evaluation::new(&program).unwrap();
    let options = ReadOptions::for_table(&program.tables()[0]);
    let reader = open(data.join("robyn/dt_simulated_weekly.csv"), &options).unwrap();
    evaluation.feed_reader("weeks", reader).unwrap();
    let columns = [
        ("weeks", "weeks", Exact),
        ("revenue", "revenue", Exact),
        ("spend", "spend", Exact),
        ("mer_num", "mer", Numerator),
        ("mer_den", "mer", Denominator),
        ("mer", "mer", Bits),
        ("mer", "mer_by_channel", Bits),
    ];
    let result = evaluation.finish().unwrap();
    let expected = reference(&data, "robyn_02_by_quarter");
    compare(&expected, &result, &[], Some("quarter"), &Coordinate::Missing, &columns);
}

/// Drill-through of a whole result: every cell has as many rows as its `n` says, and comes back from them alone.
#[test]
fn crm_rows_behind_every_cell() {
    let Some(data) = data() else { return };
    let metrics = ["opps", "win_rate", "revenue", "avg_deal", "won_cycle_days_mean", "discount_ratio"];
    let query = Query {
        metrics: metrics.map(str::to_owned).to_vec(),
        grain: Some(Grain::Month),
        totals: true,
        ..by(&["regional_office"])
    };
    let program = compile(&support::book(&crm_book()), &query);
    let rows = [("opps", vec![crm(&data)])];
    let result = evaluate(&program, "opps", &rows[0].1[0]);
    // Without a price there is no list sum to divide by, so n is the smaller one of two there.
    let counts_n = |name: &str| name != "discount_ratio";
    let (cells, listed) = support::drill::every_cell(&program, &result, &rows, counts_n);
    support::say(&format!("crm: {cells} cells, {listed} rows behind them"));
    assert!(cells > 200 && listed > 50_000, "{cells} {listed}");
}
