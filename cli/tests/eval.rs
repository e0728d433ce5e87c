//! `eval` and `merge`: results in every format, from every kind of input.

mod support;

use serde_json::Value;
use std::io::Read;
use std::process::Stdio;
use support::{Outcome, Place, result_hash, without_receipt};

#[test]
fn without_groups_every_metric_has_a_line() {
    let text = Place::new().say("eval shop.yaml deals=deals.csv visits=visits.csv --width 80").good();
    assert_eq!(
        without_receipt(&text),
        "\
metric        value  n  unit        owner
──────────────────────────────────────────────────
deals             6  6              Sales
won               3  3              Sales
win_rate     50.0 %  6  share       Sales
revenue    1,349.00  3  money[EUR]  Finance
mean_deal    449.67  3  money[EUR]  Sales, Finance
score          0.87  5              Sales
spread      36.7287  3              Sales
visits            3  3              Marketing
stay        34.3333  3  seconds     Marketing

deals: 6 rows read, 6 used
visits: 3 rows read, 3 used
missing values: deals.amount 1, deals.score 1
"
    );
    assert!(text.contains("receipt: result "));
}

const WIDE: &str = "\
region     month       revenue  win_rate
                    money[EUR]     share
────────────────────────────────────────
north      2024-01   1,000.50    50.0 %
south      2024-02     249.50    50.0 %
(missing)  2024-03       0.00¹    0.0 %¹
north      (all)     1,000.50    50.0 %
south      (all)       249.50    50.0 %
(missing)  (all)         0.00     0.0 %
(all)      2024-01   1,000.50    50.0 %
(all)      2024-02     249.50    50.0 %
(all)      2024-03       0.00¹    0.0 %¹
(all)      (all)     1,250.00    40.0 %
¹ partial_period: the period is not over, or the range cuts it

owners: Finance (revenue); Sales (win_rate)
deals by closed: 6 rows read, 5 used; not used: 1 without a time (no_time)
missing values: deals.region 1, deals.closed 1, deals.amount 1
";

const LONG: &str = "\
month    metric         value  n  unit
────────────────────────────────────────────
2024-01  revenue    1,000.50   1  money[EUR]
         win_rate     50.0 %   2  share
         deals             2   2
         mean_deal  1,000.50   1  money[EUR]
         score         0.375   2
2024-02  revenue      249.50¹  1  money[EUR]
         win_rate    100.0 %¹  1  share
         deals             1¹  1
         mean_deal    249.50¹  1  money[EUR]
         score       – empty   0
¹ partial_period: the period is not over, or the range cuts it

owners: Finance (revenue); Sales (win_rate, deals, score); Sales, Finance (mean_deal)
deals by closed: 6 rows read, 3 used; not used: 1 without a time (no_time), 2 outside the range
missing values: deals.closed 1, deals.amount 1, deals.score 1
";

#[test]
fn wide_where_it_fits_long_where_not() {
    let place = Place::new();
    let wide = place.say("eval shop.yaml deals.csv --query trend --by region --totals --width 42").good();
    assert_eq!(without_receipt(&wide), WIDE);
    let query = "eval shop.yaml deals.csv --query trend --metric revenue,win_rate,deals,mean_deal,score";
    let long = place.say(&format!("{query} --to 2024-02-05 --width 50")).good();
    assert_eq!(without_receipt(&long), LONG);
}

#[test]
fn a_constant_divisor_does_not_count_rows() {
    let place = Place::new();
    let book = String::from_utf8(place.read("shop.yaml")).unwrap();
    let book = book.replace("agg: average, expr: seconds", "expr: average(seconds) / 60");
    place.write("shop.yaml", book);
    let text = place.say("eval shop.yaml visits.csv --metric stay --format csv").good();
    assert!(
        text.ends_with(
            "\nstay,total,0.5722222222222222,103/180,,,34.333333333333336,60,3,seconds,Marketing\n"
        ),
        "{text}"
    );
}

#[test]
fn missing_values_say_why() {
    let place = Place::new();
    let text = place
        .say("eval shop.yaml --metric visits,stay,revenue visits=visits.csv deals=deals.csv --by region --width 80")
        .good();
    assert_eq!(
        without_receipt(&text),
        "\
region     visits     stay     revenue
                   seconds  money[EUR]
──────────────────────────────────────
north           2       21    1,099.50
south           1       61      249.50
(missing)       0  – empty        0.00

owners: Marketing (visits, stay); Finance (revenue)
deals: 6 rows read, 6 used
visits: 3 rows read, 3 used
missing values: deals.region 1, deals.amount 1
"
    );
}

#[test]
fn csv_is_long_and_exact() {
    let place = Place::new();
    let outcome =
        place.say("eval shop.yaml deals.csv --metric revenue,score,win_rate --by region --format csv");
    assert!(outcome.stderr.starts_with("deals: 6 rows read, 6 used\n"), "{}", outcome.stderr);
    assert_eq!(
        outcome.good(),
        "\
metric,level,region,value,exact,reason,flags,numerator,denominator,n,unit,owner
revenue,region,north,1099.5,1099.50,,,,,2,money[EUR],Finance
score,region,north,0.2833333333333333,,,,0.85,3,3,,Sales
win_rate,region,north,0.6666666666666666,2/3,,,2,3,3,share,Sales
revenue,region,south,249.5,249.50,,,,,1,money[EUR],Finance
score,region,south,1.5,,,,1.5,1,1,,Sales
win_rate,region,south,0.5,1/2,,,1,2,2,share,Sales
revenue,region,,0,0.00,,,,,0,money[EUR],Finance
score,region,,2,,,,2,1,1,,Sales
win_rate,region,,0,0,,,0,1,1,share,Sales
"
    );
}

#[test]
fn json_carries_bits_and_receipt() {
    let text = Place::new().say("eval shop.yaml deals.csv --metric win_rate,revenue --format json").good();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["cells"][0]["value_bits"], "3fe0000000000000");
    assert_eq!(value["cells"][1]["exact"], "1349.00");
    assert_eq!(value["rows"][0]["read"], 6);
    assert_eq!(value["receipt"]["result"].as_str().map(str::len), Some(64));
}

/// The deals as Parquet, with the types that such a file brings along.
fn write_parquet(place: &Place) {
    use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let day = |month: i32, day: i32| Some(19_723 + [0, 31, 60][month as usize - 1] + day - 1);
    let amounts = [Some(100_050), None, Some(24_950), Some(8_000), Some(1_000), Some(9_900)];
    let columns: [(&str, ArrayRef); 5] = [
        (
            "region",
            Arc::new(StringArray::from(vec![
                Some("north"),
                Some("north"),
                Some("south"),
                Some("south"),
                None,
                Some("north"),
            ])),
        ),
        ("stage", Arc::new(StringArray::from(vec!["won", "lost", "won", "lost", "lost", "won"]))),
        (
            "Close Date",
            Arc::new(Date32Array::from(vec![day(1, 10), day(1, 20), day(2, 3), day(2, 29), day(3, 1), None])),
        ),
        (
            "amount",
            Arc::new(Decimal128Array::from(amounts.to_vec()).with_precision_and_scale(18, 2).unwrap()),
        ),
        (
            "score",
            Arc::new(Float64Array::from(vec![Some(0.5), Some(0.25), None, Some(1.5), Some(2.0), Some(0.1)])),
        ),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
    let file = std::fs::File::create(place.path("deals.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

const BY_ALL: &str =
    "--metric deals,won,revenue,mean_deal,score --by region --grain month --totals --format json";

#[test]
fn parquet_csv_and_pieces_give_one_hash() {
    let place = Place::new();
    write_parquet(&place);
    let csv = result_hash(&place.say(&format!("eval shop.yaml deals.csv {BY_ALL}")).good());
    let parquet = result_hash(&place.say(&format!("eval shop.yaml deals.parquet {BY_ALL}")).good());
    assert_eq!(csv, parquet);

    let text = String::from_utf8(place.read("deals.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    place.write("one.csv", format!("{}\n{}\n{}\n", lines[0], lines[6], lines[3]));
    place.write("two.csv", format!("{}\n{}\n{}\n{}\n{}\n", lines[0], lines[5], lines[1], lines[4], lines[2]));
    let pieces =
        place.say(&format!("eval shop.yaml --table deals=two.csv --table deals=one.csv {BY_ALL}")).good();
    assert_eq!(csv, result_hash(&pieces));

    place.say(&format!("eval shop.yaml one.csv {BY_ALL} --state-out one.state")).good();
    place.say(&format!("eval shop.yaml two.csv {BY_ALL} --state-out two.state")).good();
    let merged =
        place.say(&format!("merge shop.yaml two.state one.state {BY_ALL} --state-out all.state")).good();
    assert_eq!(pieces, merged);
    let again = place.say(&format!("merge shop.yaml all.state {BY_ALL}")).good();
    assert_eq!(pieces, again);

    let changed = text.replace("249.50", "249.51");
    place.write("deals.csv", changed);
    assert_ne!(csv, result_hash(&place.say(&format!("eval shop.yaml deals.csv {BY_ALL}")).good()));
}

#[test]
fn states_of_other_questions_do_not_merge() {
    let place = Place::new();
    place.say("eval shop.yaml deals.csv --metric won --state-out won.state").good();
    place.say("merge shop.yaml won.state --metric won").good();
    place.say("merge shop.yaml won.state --metric revenue").tells(3, &["won.state", "other aggregates"]);
    place.say("merge shop.yaml deals.csv --metric won").tells(3, &["deals.csv", "not a ripplemark state"]);
    place.say("merge shop.yaml nowhere --metric won").tells(3, &["nowhere: cannot be read"]);
    let state = place.read("won.state");
    for length in 0..state.len() {
        place.write("cut.state", &state[..length]);
        if length % 16 == 0 {
            place.say("merge shop.yaml cut.state --metric won").bad(3);
        }
    }
}

#[test]
fn results_go_to_files() {
    let place = Place::new();
    let shown = place.say("eval shop.yaml deals.csv --query board --format csv").good();
    let outcome = place.say("eval shop.yaml deals.csv --query board --format csv --output board.csv");
    assert_eq!(outcome.good(), "");
    assert_eq!(String::from_utf8(place.read("board.csv")).unwrap(), shown);

    place.say("eval shop.yaml deals.csv --query board --format parquet").tells(2, &["--output"]);
    place.say("eval shop.yaml deals.csv --query board --format parquet --output board.parquet").good();
    let file = std::fs::File::open(place.path("board.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert!(reader.schema().metadata().contains_key("ripplemark.receipt"));
    // Readers that know nothing of Arrow find it beside the schema.
    let said = reader.metadata().file_metadata().key_value_metadata().expect("metadata of the file");
    assert!(said.iter().any(|entry| entry.key == "ripplemark.receipt" && entry.value.is_some()));
    let rows: usize = reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows + 1, shown.lines().count());

    let before = place.files();
    place.say("eval shop.yaml nowhere.csv --query board --output new --state-out state").bad(3);
    assert_eq!(place.files(), before);
}

#[test]
fn options_replace_parts_of_a_saved_query() {
    let place = Place::new();
    let csv = |query: &str| place.say(&format!("eval shop.yaml deals.csv {query} --format csv")).good();
    let plain = csv("--metric revenue,win_rate --grain month --from 2024-02-01");
    assert_eq!(csv("--query trend --from 2024-02-01"), plain);
    let yearly = csv("--metric won,deals --grain year");
    assert_eq!(csv("--query trend --grain year --metric won --metric deals"), yearly);
    let filtered = place.run([
        "eval",
        "shop.yaml",
        "deals.csv",
        "--metric",
        "deals",
        "--where",
        "region == \"north\" && stage != \"lost\"",
        "--format",
        "csv",
    ]);
    assert!(filtered.good().contains("\ndeals,total,2,2,"));
    let known = csv("--metric deals --as-of 2024-02-03");
    assert!(known.contains("\ndeals,total,3,3,"), "{known}");
}

#[test]
fn zero_rows_are_a_result() {
    let place = Place::new();
    place.write("none.csv", "region,stage,Close Date,amount,score\n");
    let text = place.say("eval shop.yaml none.csv --metric won,win_rate,revenue,score --width 80").good();
    assert_eq!(
        without_receipt(&text),
        "\
metric                 value  n  unit        owner
────────────────────────────────────────────────────
won                        0  0              Sales
win_rate  – zero_denominator  0  share       Sales
revenue                 0.00  0  money[EUR]  Finance
score                – empty  0              Sales

deals: 0 rows read, 0 used
"
    );
    let text = place.say("eval shop.yaml none.csv --metric won --by region").good();
    assert!(text.starts_with("no groups: no row entered the result\n"), "{text}");
}

#[test]
fn values_that_are_none_are_counted_and_shown() {
    let place = Place::new();
    place.write(
        "bad.csv",
        "region,stage,Close Date,amount\nnorth,won,2024-01-01,12\nnorth,won,01/02/2024,twelve\n\u{1b}[2Jx,won,2024-01-03,1.234\n",
    );
    let outcome =
        place.say("eval shop.yaml bad.csv --metric won,revenue --by region --grain month --width 80");
    let text = outcome.good();
    assert!(text.contains("– invalid_input"), "{text}");
    assert!(
        text.contains("invalid values: deals.closed 1, the first is \"01/02/2024\" in row 2\n"),
        "{text}"
    );
    assert!(text.contains("invalid values: deals.amount 2, the first is \"twelve\" in row 2\n"), "{text}");
    assert!(
        text.contains("3 rows read, 2 used; not used: 1 with an unreadable time (invalid_time)"),
        "{text}"
    );
    assert!(text.contains("\\u{1b}[2Jx") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn examples_come_from_their_own_table() {
    let place = Place::new();
    let book = String::from_utf8(place.read("shop.yaml")).unwrap();
    let book = book
        .replace("seconds: int", "seconds: int\n      amount: int")
        .replace("expr: seconds", "expr: amount");
    place.write("shop.yaml", book);
    place.write("deals.csv", "stage,amount\nwon,twelve\n");
    place.write("visits.csv", "amount\n1\nseven\n");
    let text = place.say("eval shop.yaml deals=deals.csv visits=visits.csv --metric revenue,stay").good();
    assert!(text.contains("deals.amount 1, the first is \"twelve\" in row 1\n"), "{text}");
    assert!(text.contains("visits.amount 1, the first is \"seven\" in row 2\n"), "{text}");
}

#[test]
fn whoever_stops_reading_ends_the_program_quietly() {
    let place = Place::new();
    let mut long = String::from("region,stage,Close Date,amount,score\n");
    for i in 0..4000 {
        long.push_str(&format!("r{i},won,2024-01-01,1,1\n"));
    }
    place.write("many.csv", long);
    let mut child = place
        .command()
        .args(["eval", "shop.yaml", "many.csv", "--metric", "won", "--by", "region", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 10];
    out.read_exact(&mut first).unwrap();
    drop(out);
    let outcome = Outcome::of(&child.wait_with_output().unwrap());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

/// The files are given in an order in which they could not be fed.
#[test]
fn rows_find_columns_in_another_table() {
    let place = Place::new();
    place.write(
        "chain.yaml",
        "ripplemark: 1\nbook: {id: chain}\nteams: {s: Sales}\ntables:\n  \
         deals: {columns: {rep: id, n: int}, lookups: {rep: {table: reps, columns: [office]}}}\n  \
         reps: {key: rep, columns: {rep: id, office: category}}\n\
         metrics: [{name: sold, owner: s, of: deals, agg: sum, expr: n}]\n",
    );
    place.write("d.csv", "rep,n\n1,10\n2,20\n3,40\n,80\n");
    place.write("r.csv", "rep,office\n2,East\n1,West\n,Nowhere\n");
    let text = place.say("eval chain.yaml --by office deals=d.csv reps=r.csv --width 80").good();
    assert_eq!(
        without_receipt(&text),
        "\
office     sold
───────────────
East         20
West         10
(missing)   120

owners: Sales (sold)
deals: 4 rows read, 4 used
missing values: deals.office 2
lookup deals.rep in reps: 2 of 4 rows found one of 3 rows (208 bytes); not found: 1 without a key, 1 whose key is not there, the first is \"3\"; rows of reps without a key: 1
"
    );
    place
        .say("eval chain.yaml --by rep.office deals=d.csv")
        .tells(2, &["no file for table `reps`", "--table reps=FILE"]);
    // Without columns of the other table nothing of it is asked for.
    place.say("eval chain.yaml deals=d.csv").good();
    place.write("r.csv", "rep,office\n2,East\n2,West\n");
    place
        .say("eval chain.yaml --by office deals=d.csv reps=r.csv")
        .tells(3, &["r.csv", "table `reps`", "\"2\"", "row 1", "row 2"]);
    place.write("r.csv", "rep,office\n");
    place.say("eval chain.yaml --by office deals=d.csv reps=r.csv").good();
}
