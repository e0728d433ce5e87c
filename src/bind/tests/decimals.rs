//! Decimals of every width, with digits before and after the point.

use arrow::array::PrimitiveArray;
use arrow::array::types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType};
use arrow::datatypes::i256;

use super::*;
use LogicalType::{Decimal, Id, Int};

/// A decimal array of any width.
pub(super) fn decimals<T: DecimalType>(values: Vec<Option<T::Native>>, precision: u8, scale: i8) -> ArrayRef {
    let plain: PrimitiveArray<T> = values.into_iter().collect();
    Arc::new(plain.with_precision_and_scale(precision, scale).unwrap())
}

#[test]
fn decimals_of_every_width() {
    let expected = [Seen::Decimal(1234, 2), Seen::None, Seen::Decimal(-1, 2)];
    for declared in [2, 4, 18] {
        let declared = Decimal(declared);
        assert_reads(declared, &decimals::<Decimal32Type>(vec![Some(1234), None, Some(-1)], 9, 2), &expected);
        assert_reads(
            declared,
            &decimals::<Decimal64Type>(vec![Some(1234), None, Some(-1)], 18, 2),
            &expected,
        );
        assert_reads(
            declared,
            &decimals::<Decimal128Type>(vec![Some(1234), None, Some(-1)], 38, 2),
            &expected,
        );
        let wide = vec![Some(i256::from(1234)), None, Some(i256::from(-1))];
        assert_reads(declared, &decimals::<Decimal256Type>(wide, 76, 2), &expected);
    }
    let large = 10_i128.pow(38) - 1;
    let ends = [Seen::Decimal(large, 0), Seen::Decimal(-large, 0), Seen::None];
    assert_reads(
        Decimal(0),
        &decimals::<Decimal128Type>(vec![Some(large), Some(-large), None], 38, 0),
        &ends,
    );
}

#[test]
fn decimals_before_the_point() {
    let seen = [Seen::Decimal(1200, 0), Seen::None];
    assert_reads(Decimal(2), &decimals::<Decimal64Type>(vec![Some(12), None], 5, -2), &seen);
    assert_reads(Decimal(2), &decimals::<Decimal128Type>(vec![Some(12), None], 5, -2), &seen);
    assert_reads(Decimal(2), &decimals::<Decimal256Type>(vec![Some(i256::from(12)), None], 5, -2), &seen);
    let beyond = decimals::<Decimal128Type>(vec![Some(10_i128.pow(37)), Some(1)], 38, -2);
    assert_reads(Decimal(2), &beyond, &[Seen::Invalid, Seen::Decimal(100, 0)]);
}

#[test]
fn wide_decimals_value_by_value() {
    let most = i256::from_i128(i128::MAX);
    let values = vec![Some(most), Some(most + i256::ONE), None, Some(i256::from_i128(i128::MIN))];
    let expected = [Seen::Decimal(i128::MAX, 0), Seen::Invalid, Seen::None, Seen::Decimal(i128::MIN, 0)];
    assert_reads(Decimal(0), &decimals::<Decimal256Type>(values, 76, 0), &expected);
    // 1.25 and 1.255 at fifty digits after the point, declared with two.
    let unit = i256::from(10).checked_pow(47).unwrap();
    let fine = vec![Some(i256::from(1250) * unit), Some(i256::from(1255) * unit), None];
    let expected = [Seen::Decimal(125, 2), Seen::Invalid, Seen::None];
    assert_reads(Decimal(2), &decimals::<Decimal256Type>(fine, 76, 50), &expected);
}

#[test]
fn whole_decimals_are_integers_and_keys() {
    let long = 10_i128.pow(20);
    let values = decimals::<Decimal128Type>(vec![Some(7), None, Some(long)], 38, 0);
    assert_reads(Int, &values, &[Seen::Int(7), Seen::None, Seen::Invalid]);
    assert_reads(Id, &values, &[text("7"), Seen::None, text("100000000000000000000")]);
    let wide = decimals::<Decimal256Type>(vec![Some(i256::from(-7))], 76, 0);
    assert_reads(Int, &wide, &[Seen::Int(-7)]);
    assert_reads(Id, &wide, &[text("-7")]);
}
