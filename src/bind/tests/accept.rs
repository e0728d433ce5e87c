//! Every layout that is accepted, whole and in slices.

use arrow::array::types::{Int8Type, Int32Type, UInt64Type};
use arrow::array::*;
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, TimeUnit as ArrowUnit};

use super::decimals::decimals;
use super::*;
use LogicalType::{Bool, Category, Date, Decimal, Float, Id, Int, Timestamp};

fn array(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    array(StringArray::from(values.to_vec()))
}

fn as_type(array: &ArrayRef, ty: &DataType) -> ArrayRef {
    cast(array, ty).unwrap()
}

/// The same text in every layout that can carry it.
fn text_layouts(values: &[Option<&str>]) -> Vec<ArrayRef> {
    let plain = texts(values);
    let mut layouts: Vec<ArrayRef> = [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Binary,
        DataType::LargeBinary,
        DataType::BinaryView,
    ]
    .iter()
    .map(|ty| as_type(&plain, ty))
    .collect();
    use DataType::{Int8, Int16, Int32, Int64, LargeUtf8, UInt8, UInt16, UInt32, UInt64, Utf8};
    for keys in [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64] {
        for values in [Utf8, LargeUtf8] {
            let ty = DataType::Dictionary(Box::new(keys.clone()), Box::new(values));
            layouts.push(as_type(&plain, &ty));
        }
    }
    let viewed = as_type(&plain, &DataType::Dictionary(Box::new(Int32), Box::new(Utf8)));
    let dictionary = viewed.as_dictionary::<Int32Type>();
    for ty in [DataType::Utf8View, DataType::Binary] {
        layouts.push(array(dictionary.with_values(as_type(dictionary.values(), &ty))));
    }
    let ends = Int32Array::from_iter_values(1..=i32::try_from(values.len()).unwrap());
    layouts.push(array(RunArray::<Int32Type>::try_new(&ends, &plain).unwrap()));
    layouts
}

#[test]
fn text_of_every_layout_feeds_categories_and_keys() {
    let values =
        [Some("north"), None, Some(""), Some("a longer one than twelve bytes"), Some("é"), Some("north")];
    let expected: Vec<Seen> = values.iter().map(|value| value.map_or(Seen::None, text)).collect();
    for layout in text_layouts(&values) {
        assert_reads(Category, &layout, &expected);
        assert_reads(Id, &layout, &expected);
    }
}

/// Arrow shows binary values as hexadecimal digits, and so does the report.
fn shown_as_hex(layout: &ArrayRef) -> bool {
    layout.data_type().to_string().contains("Binary")
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn text_of_every_layout_is_parsed() {
    let cases: [(LogicalType, &str, Seen, &str); 6] = [
        (Int, "-7", Seen::Int(-7), "seven"),
        (Decimal(2), "12.5", Seen::Decimal(1250, 2), "12.555"),
        (Float, "0.1", Seen::Float(0.1), "inf"),
        (Bool, "TRUE", Seen::Bool(true), "1"),
        (Date, "2017-03-01", Seen::Day(17_226), "01.03.2017"),
        (
            Timestamp,
            "2017-03-01 12:00:00",
            Seen::Time(1_488_369_600_000_000, TimeUnit::Microsecond),
            "2017-03-01",
        ),
    ];
    for (ty, good, seen, bad) in cases {
        let values = [Some(good), None, Some(bad), Some(""), Some(good), Some(bad)];
        let expected = [seen.clone(), Seen::None, Seen::Invalid, Seen::None, seen, Seen::Invalid];
        for layout in text_layouts(&values) {
            assert_reads(ty, &layout, &expected);
            let bound = bound(ty, &layout);
            let report = &bound.unreadable()[0];
            assert_eq!((report.count, report.row, report.declared), (2, 2, ty));
            assert_eq!((report.column.as_str(), report.source.as_str()), ("x", "The X"));
            assert_eq!(report.text, if shown_as_hex(&layout) { hex(bad) } else { bad.to_string() });
        }
    }
}

#[test]
fn midnights_without_a_zone_are_days() {
    let plain = array(TimestampSecondArray::from(vec![Some(86_400), None, Some(-86_400), Some(86_399)]));
    for unit in [ArrowUnit::Second, ArrowUnit::Millisecond, ArrowUnit::Microsecond, ArrowUnit::Nanosecond] {
        let values = as_type(&plain, &DataType::Timestamp(unit, None));
        assert_reads(Date, &values, &[Seen::Day(1), Seen::None, Seen::Day(-1), Seen::Invalid]);
    }
    let odd = array(TimestampNanosecondArray::from(vec![1]));
    assert_reads(Date, &odd, &[Seen::Invalid]);
}

#[test]
fn nan_in_a_float_text_column_is_missing() {
    assert_reads(Float, &texts(&[Some("NaN"), Some("1")]), &[Seen::None, Seen::Float(1.0)]);
}

#[test]
fn integers_of_every_width() {
    let plain = array(Int64Array::from(vec![Some(1), None, Some(127)]));
    use DataType::{Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    for ty in [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64] {
        let values = as_type(&plain, &ty);
        for declared in [Int, Id, Float, Decimal(2)] {
            assert_reads(declared, &values, &[Seen::Int(1), Seen::None, Seen::Int(127)]);
        }
    }
    let most = array(UInt64Array::from(vec![u64::MAX]));
    assert_reads(Int, &most, &[Seen::Int(u64::MAX.into())]);
}

#[test]
fn floats_of_every_width() {
    let plain = array(Float64Array::from(vec![Some(0.5), None, Some(-2.0)]));
    for ty in [DataType::Float16, DataType::Float32, DataType::Float64] {
        let values = as_type(&plain, &ty);
        for declared in [Float, Decimal(2)] {
            assert_reads(declared, &values, &[Seen::Float(0.5), Seen::None, Seen::Float(-2.0)]);
        }
    }
    let odd = array(Float64Array::from(vec![f64::INFINITY, f64::MIN_POSITIVE]));
    assert_reads(Float, &odd, &[Seen::Float(f64::INFINITY), Seen::Float(f64::MIN_POSITIVE)]);
}

#[test]
fn booleans_and_nothing() {
    let bools = array(BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]));
    assert_reads(Bool, &bools, &[Seen::Bool(true), Seen::None, Seen::Bool(false), Seen::Bool(true)]);
    for declared in [Int, Decimal(2), Float, Bool, Category, Id, Date, Timestamp] {
        assert_reads(declared, &array(NullArray::new(3)), &[Seen::None, Seen::None, Seen::None]);
        let keys = Int8Array::from(vec![Some(0), None]);
        let nothing = DictionaryArray::<Int8Type>::new(keys, array(NullArray::new(1)));
        assert_reads(declared, &array(nothing), &[Seen::None, Seen::None]);
    }
}

#[test]
fn days_in_both_layouts() {
    let expected = [Seen::Day(17_226), Seen::None, Seen::Day(-1)];
    assert_reads(Date, &array(Date32Array::from(vec![Some(17_226), None, Some(-1)])), &expected);
    let millis = Date64Array::from(vec![Some(17_226 * 86_400_000), None, Some(-86_400_000)]);
    assert_reads(Date, &array(millis), &expected);
    let broken = Date64Array::from(vec![Some(1), None, Some(i64::MAX / 86_400_000 * 86_400_000), Some(0)]);
    assert_reads(Date, &array(broken), &[Seen::Invalid, Seen::None, Seen::Invalid, Seen::Day(0)]);
}

#[test]
fn timestamps_of_every_unit_and_zone() {
    let plain = array(TimestampSecondArray::from(vec![Some(5), None, Some(-5)]));
    for (unit, seen, factor) in [
        (ArrowUnit::Second, TimeUnit::Second, 1),
        (ArrowUnit::Millisecond, TimeUnit::Millisecond, 1_000),
        (ArrowUnit::Microsecond, TimeUnit::Microsecond, 1_000_000),
        (ArrowUnit::Nanosecond, TimeUnit::Nanosecond, 1_000_000_000),
    ] {
        let naive = as_type(&plain, &DataType::Timestamp(unit, None));
        for zone in [None, Some("UTC"), Some("+05:30"), Some("Europe/Berlin"), Some("nowhere")] {
            let ty = DataType::Timestamp(unit, zone.map(Into::into));
            let values = make_array(naive.to_data().into_builder().data_type(ty).build().unwrap());
            let expected = [Seen::Time(5 * factor, seen), Seen::None, Seen::Time(-5 * factor, seen)];
            assert_reads(Timestamp, &values, &expected);
        }
    }
}

#[test]
fn dictionaries_with_missing_and_broken_entries() {
    let entries = texts(&[Some("5"), None, Some("five"), Some("")]);
    let keys = Int8Array::from(vec![Some(0), Some(1), Some(2), Some(3), None, Some(0)]);
    let numbers = array(DictionaryArray::<Int8Type>::new(keys, entries));
    let five = Seen::Int(5);
    let expected = [five.clone(), Seen::None, Seen::Invalid, Seen::None, Seen::None, five];
    assert_reads(Int, &numbers, &expected);
    let expected = [text("5"), Seen::None, text("five"), text(""), Seen::None, text("5")];
    assert_reads(Category, &numbers, &expected);
}

#[test]
fn a_broken_entry_that_no_row_uses_is_not_reported() {
    let keys = Int8Array::from(vec![Some(0), None]);
    let values = DictionaryArray::<Int8Type>::new(keys, texts(&[Some("5"), Some("five")]));
    assert_reads(Int, &array(values), &[Seen::Int(5), Seen::None]);
}

#[test]
fn codes_under_missing_rows_may_be_anything() {
    let nulls = NullBuffer::from(vec![true, false]);
    let keys = Int64Array::new(ScalarBuffer::from(vec![0, i64::MAX]), Some(nulls));
    let values = DictionaryArray::<arrow::datatypes::Int64Type>::new(keys, texts(&[Some("5")]));
    assert_reads(Id, &array(values.clone()), &[text("5"), Seen::None]);
    assert_reads(Int, &array(values), &[Seen::Int(5), Seen::None]);
}

#[test]
fn sliced_entries_of_dictionaries() {
    let entries = texts(&[Some("no"), None, Some("a"), None, Some("b")]).slice(2, 3);
    let keys = UInt64Array::from(vec![Some(2), Some(1), None, Some(0)]);
    let values = array(DictionaryArray::<UInt64Type>::new(keys, entries));
    assert_reads(Category, &values, &[text("b"), Seen::None, Seen::None, text("a")]);
}

#[test]
fn dictionaries_of_numbers_are_unpacked() {
    let keys = Int8Array::from(vec![Some(1), None, Some(0), Some(2)]);
    let entries = array(Int64Array::from(vec![Some(10), Some(20), None]));
    let values = array(DictionaryArray::<Int8Type>::new(keys, entries));
    assert_reads(Int, &values, &[Seen::Int(20), Seen::None, Seen::Int(10), Seen::None]);
    assert_reads(Id, &values, &[Seen::Int(20), Seen::None, Seen::Int(10), Seen::None]);
}

#[test]
fn runs_are_unpacked() {
    let ends = Int32Array::from(vec![2, 3, 6]);
    let runs =
        RunArray::<Int32Type>::try_new(&ends, &Int64Array::from(vec![Some(4), None, Some(6)])).unwrap();
    let (four, six) = (Seen::Int(4), Seen::Int(6));
    assert_reads(Int, &array(runs), &[four.clone(), four, Seen::None, six.clone(), six.clone(), six]);
}

#[test]
fn runs_of_dictionaries_are_unpacked() {
    let keys = Int32Array::from(vec![Some(0), None, Some(1)]);
    let entries = DictionaryArray::<Int32Type>::new(keys, texts(&[Some("a"), Some("b")]));
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2, 3, 4]), &entries).unwrap();
    assert_reads(Category, &array(runs), &[text("a"), text("a"), Seen::None, text("b")]);
}

#[test]
fn binary_that_is_no_text_is_invalid() {
    let bytes: [Option<&[u8]>; 4] = [Some(b"ok"), Some(b"\xff\xfe"), None, Some(b"7")];
    let plain = array(BinaryArray::from(bytes.to_vec()));
    for ty in [DataType::Binary, DataType::LargeBinary, DataType::BinaryView] {
        let values = as_type(&plain, &ty);
        assert_reads(Category, &values, &[text("ok"), Seen::Invalid, Seen::None, text("7")]);
        assert_reads(Int, &values, &[Seen::Invalid, Seen::Invalid, Seen::None, Seen::Int(7)]);
    }
    let keys = Int8Array::from(vec![Some(1), Some(0), Some(2), None]);
    let dictionary = array(DictionaryArray::<Int8Type>::new(keys, plain));
    assert_reads(Category, &dictionary, &[Seen::Invalid, text("ok"), Seen::None, Seen::None]);
    assert_reads(Int, &dictionary, &[Seen::Invalid, Seen::Invalid, Seen::None, Seen::None]);
}

#[test]
fn accepted_layouts_are_lent_not_copied() {
    fn start(data: &Data<'_>) -> *const u8 {
        match data {
            Data::I64(values) => values.as_ptr().cast(),
            Data::F64(values) => values.as_ptr().cast(),
            Data::Decimal128 { bytes, .. } => bytes.as_ptr(),
            Data::Utf8(Text::Small { bytes, .. } | Text::Large { bytes, .. }) => bytes.as_ptr(),
            Data::Dict { codes: ripplemark_core::batch::Codes::I32(codes), .. } => codes.as_ptr().cast(),
            Data::Timestamp { values, .. } => values.as_ptr().cast(),
            other => panic!("unexpected layout {other:?}"),
        }
    }
    let lent = |ty: LogicalType, array: ArrayRef, buffer: fn(&ArrayRef) -> Buffer| {
        let bound = bound(ty, &array);
        assert_eq!(start(&bound.columns()[0].data), buffer(&array).as_ptr(), "{}", array.data_type());
    };
    let first = |array: &ArrayRef| array.to_data().buffers()[0].clone();
    let second = |array: &ArrayRef| array.to_data().buffers()[1].clone();
    lent(Int, array(Int64Array::from(vec![1, 2])), first);
    lent(Decimal(2), array(Float64Array::from(vec![1.0])), first);
    lent(Decimal(2), decimals::<Decimal128Type>(vec![Some(1)], 38, 2), first);
    lent(Timestamp, array(TimestampNanosecondArray::from(vec![1]).with_timezone("UTC")), first);
    lent(Category, texts(&[Some("a")]), second);
    lent(Category, as_type(&texts(&[Some("a")]), &DataType::LargeUtf8), second);
    let dictionary: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    lent(Category, array(dictionary), first);
}

#[test]
fn long_values_are_cut_short_in_the_report() {
    let long = "é".repeat(500);
    let bound = bound(Int, &texts(&[Some(&long)]));
    let report = &bound.unreadable()[0];
    assert!(report.text.chars().count() < 70, "{}", report.text);
    assert!(report.text.starts_with("éé"));
}
