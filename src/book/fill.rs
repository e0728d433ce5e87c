//! The number that stands in for an empty value: exact, as it is written.

use super::codes;
use super::node::{Form, Node};
use super::problems::{Problems, Report, quoted};
use crate::model::Const;

/// Reads `fill_nulls_with`.
pub(crate) fn number(node: &Node, problems: &mut Problems<'_>) -> Option<Const> {
    let written = node.scalar().filter(|scalar| scalar.form == Form::Number);
    let Some(scalar) = written else {
        let message = format!("`fill_nulls_with` is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a number, such as `0`"));
        return None;
    };
    let constant = exact(&scalar.text);
    if constant.is_none() {
        let message = format!("`fill_nulls_with` is {}", quoted(&scalar.text));
        problems.add(
            Report::error(codes::OUT_OF_RANGE, &node.span, message)
                .expected("a number in plain digits, at most 18 of them after the point"),
        );
    }
    constant
}

fn exact(text: &str) -> Option<Const> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let plain = digits(whole) && digits(fraction) && !whole.is_empty();
    if !plain || fraction.len() > 18 || whole.len() > 18 {
        return None;
    }
    let magnitude: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mantissa = if text.starts_with('-') { -magnitude } else { magnitude };
    if fraction.is_empty() {
        return i64::try_from(mantissa).ok().map(Const::Int);
    }
    Some(Const::Decimal { mantissa, scale: u8::try_from(fraction.len()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_values_are_exact() {
        assert_eq!(exact("0"), Some(Const::Int(0)));
        assert_eq!(exact("-12"), Some(Const::Int(-12)));
        assert_eq!(exact("-0.50"), Some(Const::Decimal { mantissa: -50, scale: 2 }));
        for bad in ["", ".5", "1e3", "0x10", "1_000", ".inf", "9999999999999999999", "0.1234567890123456789"]
        {
            assert_eq!(exact(bad), None, "{bad}");
        }
    }
}
