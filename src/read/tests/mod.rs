//! Files as users have them: good ones, odd ones, broken ones.

mod hostile;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::*;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use ripplemark_core::batch::Data;
use ripplemark_core::types::LogicalType;
use tempfile::TempDir;

use super::*;
use crate::bind::{Binder, ColumnSpec};

fn file(directory: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn table(columns: &[(&str, LogicalType)]) -> TableSpec {
    let columns = columns
        .iter()
        .map(|(name, ty)| ColumnSpec {
            name: name.to_lowercase(),
            source: name.to_string(),
            ty: *ty,
            format: None,
            required: true,
        })
        .collect();
    TableSpec::new("t", columns)
}

/// All batches, or the first error.
fn read(path: &Path, options: &ReadOptions) -> Result<(SchemaRef, Vec<RecordBatch>), ReadError> {
    let mut reader = open(path, options)?;
    let mut batches = Vec::new();
    let end = loop {
        match reader.next() {
            None => break Ok(()),
            Some(Ok(batch)) => batches.push(batch),
            Some(Err(error)) => break Err(ReadError::of(&error).expect("an error of this module").clone()),
        }
    };
    assert!(reader.next().is_none(), "a stream that has ended stays so");
    end.map(|()| (reader.schema(), batches))
}

fn fails(path: &Path, options: &ReadOptions) -> ReadError {
    let error = read(path, options).expect_err("a file that cannot be read");
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(error.to_string().contains(&*name), "{error} does not name the file");
    error
}

/// The text columns of a CSV file, row by row.
fn csv(bytes: impl AsRef<[u8]>) -> Result<Vec<Vec<Option<String>>>, ReadError> {
    let directory = TempDir::new().unwrap();
    let path = file(&directory, "some.csv", bytes);
    let (schema, batches) = read(&path, &ReadOptions { batch_rows: 2, ..ReadOptions::default() })?;
    assert!(batches.iter().all(|batch| (1..=2).contains(&batch.num_rows())));
    let whole = concat_batches(&schema, &batches).unwrap();
    let rows = (0..whole.num_rows()).map(|row| {
        let field = |column: &ArrayRef| {
            let texts = column.as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_string())
        };
        whole.columns().iter().map(field).collect()
    });
    Ok(rows.collect())
}

fn fields(fields: &[&str]) -> Vec<Option<String>> {
    fields.iter().map(|field| (!field.is_empty()).then(|| field.to_string())).collect()
}

#[track_caller]
fn csv_fails(bytes: impl AsRef<[u8]>, line: u64, problem: &ReadProblem) {
    let error = csv(bytes).unwrap_err();
    assert_eq!((error.line, &error.problem), (Some(line), problem), "{error}");
    assert!(error.to_string().contains(&format!("some.csv, line {line}: ")), "{error}");
}

#[test]
fn csv_fields_are_text_and_empty_ones_missing() {
    let rows = csv("a,b\n1,x\n,\"y, \"\"z\"\"\"\n\"\", 3 \nNA,\"two\nlines\"\n").unwrap();
    let expected =
        [fields(&["1", "x"]), fields(&["", "y, \"z\""]), fields(&["", " 3 "]), fields(&["NA", "two\nlines"])];
    assert_eq!(rows, expected);
}

#[test]
fn csv_line_ends_and_byte_order_marks() {
    for bytes in ["a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4", "\u{feff}a,b\n1,2\n\n\n3,4\n", "a,b\r1,2\r3,4\r"]
    {
        assert_eq!(csv(bytes).unwrap(), [fields(&["1", "2"]), fields(&["3", "4"])], "{bytes:?}");
    }
    let directory = TempDir::new().unwrap();
    for bytes in ["\u{feff}a,b\n", "\u{feff}\"a\",b"] {
        let path = file(&directory, "bom.csv", bytes);
        let (schema, batches) =
            read(&path, &ReadOptions::for_table(&table(&[("a", LogicalType::Int)]))).unwrap();
        assert_eq!(schema.field(0).name(), "a");
        assert!(batches.is_empty());
    }
}

#[test]
fn csv_records_of_another_length_name_their_line() {
    let ragged = |expected, found| ReadProblem::Ragged { expected, found };
    csv_fails("a,b\n1,2\n3\n", 3, &ragged(2, 1));
    csv_fails("a,b\r\n1,2\r\n3,4,5\r\n", 3, &ragged(2, 3));
    csv_fails("a,b\r\n\"1\r\n1\",2\r\n\r\n\r\n3,4,5\r\n", 6, &ragged(2, 3));
    csv_fails("a,b\n1,\"x\n2,y\n", 2, &ReadProblem::OpenQuote);
    csv_fails("\"a,b\n1,2\n", 1, &ReadProblem::OpenQuote);
    csv_fails("\u{feff}\"a,b\n1,2\n", 1, &ReadProblem::OpenQuote);
    csv_fails("a,b\r\n1,2\r\n\r\n3,\"\"\"4\"\"", 4, &ReadProblem::OpenQuote);
}

#[test]
fn csv_quotation_marks_that_are_closed_or_plain() {
    let rows = csv("a,b\n1,5\" pipe\n2,\"x\"\"\"\n3,\"\"").unwrap();
    assert_eq!(rows, [fields(&["1", "5\" pipe"]), fields(&["2", "x\""]), fields(&["3", ""])]);
}

#[test]
fn csv_that_is_not_utf8_names_column_and_line() {
    let latin = ReadProblem::NotUtf8 { column: "city".into() };
    csv_fails(b"id,city\n1,Bonn\n2,K\xf6ln\n", 3, &latin);
    csv_fails(b"id,city\r\n1,Bonn\r\n2,K\xf6ln\r\n", 3, &latin);
    csv_fails(b"id,stra\xdfe\n", 1, &ReadProblem::NotUtf8 { column: "2".into() });
}

#[test]
fn csv_without_header() {
    let directory = TempDir::new().unwrap();
    for bytes in ["\n", "\r\n\r\n", "\u{feff}"] {
        let error = fails(&file(&directory, "blank.csv", bytes), &ReadOptions::default());
        assert_eq!(error.problem, ReadProblem::NoHeader);
    }
}

#[test]
fn csv_reads_only_what_the_table_needs() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory, "wide.csv", "n,n,Amount,x\n1,2,3,4\n5,6,,8\n");
    let amount = table(&[("Amount", LogicalType::Int)]);
    let (schema, batches) = read(&path, &ReadOptions::for_table(&amount)).unwrap();
    assert_eq!(schema.fields().len(), 1);
    let bound = Binder::new(&amount, &schema).unwrap().bind(&batches[0]).unwrap();
    assert!(matches!(bound.columns()[0].data, Data::I64([3, _])));
    assert!(!bound.columns()[0].validity.unwrap().get(1));

    let error = fails(&path, &ReadOptions::for_table(&table(&[("n", LogicalType::Int)])));
    assert_eq!(error.problem, ReadProblem::DuplicateColumn { name: "n".into() });

    let absent = table(&[("Amoumt", LogicalType::Int)]);
    let (schema, _) = read(&path, &ReadOptions::for_table(&absent)).unwrap();
    assert_eq!(schema.fields().len(), 4, "all of them, so that the binder can suggest one");
    assert!(Binder::new(&absent, &schema).unwrap_err()[0].to_string().contains("`Amount`"));

    let (_, batches) = read(&path, &ReadOptions::for_table(&table(&[]))).unwrap();
    assert_eq!((batches[0].num_rows(), batches[0].num_columns()), (2, 0), "rows count without columns");
}

#[test]
fn csv_delimiters() {
    let directory = TempDir::new().unwrap();
    let needs_b = ReadOptions::for_table(&table(&[("b", LogicalType::Int)]));
    let semicolons = file(&directory, "excel.csv", "a;b\n1;2\n");
    let error = fails(&semicolons, &needs_b);
    assert_eq!(error.problem, ReadProblem::Delimiter { used: ',', seen: ';' });
    let set = ReadOptions { delimiter: Some(b';'), ..needs_b.clone() };
    assert_eq!(read(&semicolons, &set).unwrap().1[0].num_rows(), 1);
    let tabs = file(&directory, "tabs.TSV", "a\tb\n1\t2\n");
    assert_eq!(read(&tabs, &needs_b).unwrap().1[0].num_rows(), 1);
}

#[test]
fn csv_progress_reaches_the_total() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory, "long.csv", format!("a\n{}", "12345\n".repeat(100_000)));
    let options = ReadOptions { batch_rows: 1000, ..ReadOptions::default() };
    let mut reader = open(&path, &options).unwrap();
    assert_eq!(options.progress.total(), fs::metadata(&path).unwrap().len());
    let mut before = 0;
    let mut steps = 0;
    for batch in &mut reader {
        assert!(batch.unwrap().num_rows() <= 1000);
        assert!(options.progress.done() >= before && options.progress.done() <= options.progress.total());
        steps += usize::from(options.progress.done() > before);
        before = options.progress.done();
    }
    assert!(steps > 1, "progress is made while reading");
    assert_eq!(options.progress.done(), options.progress.total());
}

/// A frame of several types with gaps, `rows` rows.
fn frame(rows: usize) -> RecordBatch {
    let gap = |row: usize| !row.is_multiple_of(7);
    let regions = ["north", "south", "", "a region with quite a long name"];
    let number = |row: usize| i64::try_from(row).unwrap();
    let amounts: Decimal128Array =
        (0..rows).map(|row| gap(row).then(|| i128::from(number(row)) * 101)).collect();
    let stamps: TimestampMicrosecondArray =
        (0..rows).map(|row| gap(row + 2).then(|| number(row) * 1_000_003)).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("Id", Arc::new((0..rows).map(|row| Some(format!("id-{row}"))).collect::<StringArray>())),
        (
            "Region",
            Arc::new((0..rows).map(|row| gap(row).then_some(regions[row % 4])).collect::<StringArray>()),
        ),
        ("Amount", Arc::new(amounts.with_precision_and_scale(18, 2).unwrap())),
        ("At", Arc::new(stamps.with_timezone("UTC"))),
        (
            "Score",
            Arc::new((0..rows).map(|row| gap(row + 1).then_some(row as f64 / 8.0)).collect::<Float64Array>()),
        ),
        (
            "Won",
            Arc::new((0..rows).map(|row| gap(row + 3).then_some(row % 3 == 0)).collect::<BooleanArray>()),
        ),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet_bytes(frame: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, frame.schema(), Some(properties)).unwrap();
    writer.write(frame).unwrap();
    writer.close().unwrap();
    bytes
}

fn groups_of(rows: usize) -> WriterProperties {
    WriterProperties::builder().set_max_row_group_row_count(Some(rows)).build()
}

#[test]
fn parquet_round_trip_in_every_compression() {
    let directory = TempDir::new().unwrap();
    let frame = frame(5000);
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(parquet::basic::ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
    ] {
        let properties = WriterProperties::builder().set_compression(compression).build();
        let path = file(&directory, "round.parquet", parquet_bytes(&frame, properties));
        let (schema, batches) =
            read(&path, &ReadOptions { batch_rows: 700, ..ReadOptions::default() }).unwrap();
        assert!(batches.iter().all(|batch| batch.num_rows() <= 700));
        assert_eq!(concat_batches(&schema, &batches).unwrap(), frame);
    }
}

#[test]
fn parquet_reads_only_what_the_table_needs_and_categories_as_dictionaries() {
    let directory = TempDir::new().unwrap();
    let frame = frame(5000);
    let needs = table(&[("Region", LogicalType::Category), ("Amount", LogicalType::Decimal(2))]);
    // The second file gives dictionaries up soon after each row group begins.
    let spilling = WriterProperties::builder()
        .set_max_row_group_row_count(Some(900))
        .set_dictionary_page_size_limit(20)
        .set_data_page_row_count_limit(50)
        .set_write_batch_size(10)
        .build();
    for properties in [groups_of(900), spilling] {
        let path = file(&directory, "needs.parquet", parquet_bytes(&frame, properties));
        let options = ReadOptions { batch_rows: 512, ..ReadOptions::for_table(&needs) };
        let (schema, batches) = read(&path, &options).unwrap();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["Region", "Amount"]);
        assert!(matches!(schema.field(0).data_type(), DataType::Dictionary(..)));
        let binder = Binder::new(&needs, &schema).unwrap();
        let mut row = 0;
        for batch in &batches {
            assert!(matches!(binder.bind(batch).unwrap().columns()[0].data, Data::Dict { .. }));
            let regions = cast(batch.column(0), &DataType::Utf8).unwrap();
            let same = frame.slice(row, batch.num_rows());
            assert_eq!(regions.as_string::<i32>(), same.column(1).as_string::<i32>());
            assert_eq!(batch.column(1), same.column(2));
            row += batch.num_rows();
        }
        assert_eq!(row, 5000);
    }
}

#[test]
fn parquet_progress_reaches_the_total_of_what_is_read() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory, "steps.parquet", parquet_bytes(&frame(5000), groups_of(1000)));
    let everything = ReadOptions::default();
    read(&path, &everything).unwrap();
    let little =
        ReadOptions { batch_rows: 100, ..ReadOptions::for_table(&table(&[("Won", LogicalType::Bool)])) };
    let mut seen = vec![0];
    for batch in open(&path, &little).unwrap() {
        batch.unwrap();
        seen.push(little.progress.done());
    }
    assert!(seen.is_sorted() && seen.len() == 51 && seen[25] > 0 && seen[25] < little.progress.total());
    assert_eq!(little.progress.done(), little.progress.total());
    assert_eq!(everything.progress.done(), everything.progress.total());
    assert!(little.progress.total() > 0 && little.progress.total() < everything.progress.total());
}

#[test]
fn parquet_under_another_name_is_still_parquet() {
    let directory = TempDir::new().unwrap();
    let bytes = parquet_bytes(&frame(10), WriterProperties::default());
    for name in ["frame.csv", "frame.bin", "frame"] {
        assert_eq!(
            read(&file(&directory, name, &bytes), &ReadOptions::default()).unwrap().1[0].num_rows(),
            10
        );
    }
}

#[test]
fn an_empty_parquet_file_has_a_schema() {
    let directory = TempDir::new().unwrap();
    let path = file(&directory, "none.parquet", parquet_bytes(&frame(0), WriterProperties::default()));
    let (schema, batches) = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(schema.fields().len(), 6);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}

#[test]
fn what_is_no_file_to_read() {
    let directory = TempDir::new().unwrap();
    let options = ReadOptions::default();
    let problem = |name: &str, bytes: &[u8]| fails(&file(&directory, name, bytes), &options).problem;
    assert_eq!(fails(&directory.path().join("nowhere.csv"), &options).problem, ReadProblem::Missing);
    assert_eq!(fails(directory.path(), &options).problem, ReadProblem::Directory);
    assert_eq!(problem("empty.csv", b""), ReadProblem::Empty);
    assert_eq!(problem("empty.parquet", b""), ReadProblem::Empty);
    assert_eq!(problem("text.parquet", b"a,b\n1,2\n"), ReadProblem::NotParquet);
    assert_eq!(problem("short.parquet", b"PAR1"), ReadProblem::Truncated);
    assert_eq!(problem("data.xyz", b"a,b\n"), ReadProblem::UnknownExtension);
    assert_eq!(problem("data", b"a,b\n"), ReadProblem::UnknownExtension);
    let known: [(&[u8], &str); 4] = [
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "Excel"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"ARROW1\0\0", "Feather"),
    ];
    for (bytes, word) in known {
        let error = fails(&file(&directory, "odd.csv", bytes), &options);
        assert!(error.to_string().contains(word), "{error}");
    }
    #[cfg(unix)]
    assert_eq!(fails(Path::new("/dev/null"), &options).problem, ReadProblem::NotRegular);
}

#[test]
fn parquet_cut_short_anywhere_is_an_error() {
    let directory = TempDir::new().unwrap();
    let bytes = parquet_bytes(&frame(300), groups_of(100));
    for length in (1..bytes.len()).step_by(bytes.len() / 100) {
        fails(&file(&directory, "cut.parquet", &bytes[..length]), &ReadOptions::default());
        // With a closing mark it looks whole from the outside.
        let patched = [&bytes[..length], b"PAR1"].concat();
        fails(&file(&directory, "patched.parquet", patched), &ReadOptions::default());
    }
}
