//! Units: what a number is a number of, as a product of named base units with whole exponents.
//!
//! A unit never changes a number. It refuses formulas that cannot mean anything (dollars plus euros), it is shown
//! beside results, and it decides how they look. What nobody has declared is unknown, and an unknown unit refuses
//! nothing.

use std::fmt;

/// So many different bases a unit can have.
const MAX_FACTORS: usize = 8;
/// The largest exponent, either way.
const MAX_EXPONENT: i32 = 12;
/// So many characters the text of a unit can have.
const MAX_TEXT: usize = 120;

/// What a unit is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// Money of a currency; empty where the book names none.
    Money(String),
    /// Money of the currency that the row's value in this column names.
    MoneyBy(String),
    /// A length of time.
    Time(Time),
    /// Anything else that a book declares: `win`, `seats`.
    Named(String),
    /// Rows of a table, by its entity. Nobody has declared it, so it never contradicts anything.
    Counted(String),
}

/// Units of time. A minute is none of an hour: numbers in different ones are not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Time {
    /// A time that was multiplied by a written number: what it is in now, only its writer knows.
    Any,
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

const TIMES: [(Time, &str, &str); 7] = [
    (Time::Seconds, "second", "seconds"),
    (Time::Minutes, "minute", "minutes"),
    (Time::Hours, "hour", "hours"),
    (Time::Days, "day", "days"),
    (Time::Weeks, "week", "weeks"),
    (Time::Months, "month", "months"),
    (Time::Years, "year", "years"),
];

/// Words for numbers without a unit; they say how such a number likes to be shown.
const PLAIN: [&str; 8] = ["share", "ratio", "percent", "points", "number", "count", "index", "score"];

/// A unit. Two units are equal if they have the same bases with the same exponents and are shown alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Sorted by base; no exponent is 0.
    factors: Vec<(Base, i32)>,
    /// The word of [`PLAIN`] for a unit without factors, or of counted rows only (deals by deals).
    word: Option<&'static str>,
}

/// Why a text is no unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitMistake {
    /// What is wrong, one sentence without a full stop.
    pub message: String,
}

impl Unit {
    /// The unit of plain numbers.
    #[must_use]
    pub fn one() -> Unit {
        Unit::default()
    }

    /// A single base.
    #[must_use]
    pub fn of(base: Base) -> Unit {
        Unit { factors: vec![(base, 1)], word: None }
    }

    /// Money of a currency.
    #[must_use]
    pub fn money(code: &str) -> Unit {
        Unit::of(Base::Money(code.to_owned()))
    }

    /// Reads a unit: names joined by `*`, `/` or `per`, with whole exponents behind `^`. `currency` is what `money`
    /// means.
    ///
    /// # Errors
    /// What cannot be read.
    ///
    /// ```
    /// use ripplemark::model::Unit;
    ///
    /// let unit = Unit::parse("money per win", Some("USD")).unwrap();
    /// assert_eq!(unit.to_string(), "money[USD] / win");
    /// assert_eq!(Unit::parse("day", None).unwrap().to_string(), "days");
    /// assert!(Unit::parse("money[usd", None).is_err());
    /// ```
    pub fn parse(text: &str, currency: Option<&str>) -> Result<Unit, UnitMistake> {
        let mistake = |message: String| Err(UnitMistake { message });
        if text.chars().count() > MAX_TEXT {
            return mistake(format!("the unit has more than {MAX_TEXT} characters"));
        }
        let mut unit = Unit::one();
        let mut words = Vec::new();
        let mut sign = 1;
        let mut is_first = true;
        for (mark, part) in pieces(text) {
            if !is_first {
                sign = if mark == '/' { -1 } else { 1 };
            }
            is_first = false;
            let (name, exponent) = match part.split_once('^') {
                None => (part.trim(), 1),
                Some((name, exponent)) => match exponent.trim().parse::<i32>() {
                    Ok(exponent) if exponent != 0 && exponent.abs() <= MAX_EXPONENT => {
                        (name.trim(), exponent)
                    }
                    _ => return mistake(format!("`{}` is no exponent", exponent.trim().escape_debug())),
                },
            };
            if name.is_empty() {
                return mistake("a name is missing".to_owned());
            }
            match atom(name, currency) {
                Err(message) => return mistake(message),
                Ok(Atom::One) => {}
                Ok(Atom::Plain(word)) => words.push(word),
                Ok(Atom::Base(base)) => {
                    unit = unit.times(&Unit { factors: vec![(base, sign * exponent)], word: None })
                }
            }
        }
        if unit.factors.len() > MAX_FACTORS {
            return mistake(format!("the unit is made of more than {MAX_FACTORS} others"));
        }
        if let ([word], true) = (words.as_slice(), unit.factors.is_empty()) {
            unit.word = Some(word);
        }
        Ok(unit)
    }

    /// What it is made of, with exponents, in canonical order.
    #[must_use]
    pub fn factors(&self) -> &[(Base, i32)] {
        &self.factors
    }

    /// True for numbers that are numbers of nothing: shares, ratios.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.factors.is_empty()
    }

    /// True for a number that is shown in hundredths.
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.word == Some("share")
    }

    /// The currency, where it is money of one currency, alone or by something: `money[USD]`, `money[USD] / win`.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        let mut codes = self.factors.iter().filter_map(|(base, exponent)| match base {
            Base::Money(code) => Some((code.as_str(), *exponent)),
            _ => None,
        });
        match (codes.next(), codes.next()) {
            (Some((code, 1)), None) => Some(code),
            _ => None,
        }
    }

    /// The column that names the currency, where the unit has one.
    #[must_use]
    pub fn currency_column(&self) -> Option<&str> {
        self.factors.iter().find_map(|(base, _)| match base {
            Base::MoneyBy(column) => Some(column.as_str()),
            _ => None,
        })
    }

    /// The unit of what was in the currency of a column, once it is in this one.
    #[must_use]
    pub(crate) fn converted(&self, to: &Base) -> Unit {
        let mut unit = Unit::one();
        for (base, exponent) in &self.factors {
            let base = if matches!(base, Base::MoneyBy(_)) { to.clone() } else { base.clone() };
            unit = unit.times(&Unit { factors: vec![(base, *exponent)], word: None });
        }
        unit
    }

    /// The same unit, seen through a lookup: the column that names a currency then has a longer name.
    #[must_use]
    pub(crate) fn through(&self, path: &str) -> Unit {
        let factors = self.factors.iter().map(|(base, exponent)| match base {
            Base::MoneyBy(column) => (Base::MoneyBy(format!("{path}.{column}")), *exponent),
            other => (other.clone(), *exponent),
        });
        Unit { factors: factors.collect(), word: self.word }.sorted()
    }

    fn sorted(mut self) -> Unit {
        self.factors.sort();
        self
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Unit) -> Unit {
        let word = if self.word == other.word { self.word } else { None };
        let mut product = Unit { factors: self.factors.clone(), word: None };
        for (base, exponent) in &other.factors {
            match product.factors.iter_mut().find(|(known, _)| is_one(known, base)) {
                Some((known, power)) => {
                    *power = power.saturating_add(*exponent);
                    if matches!(base, Base::Named(_)) {
                        known.clone_from(base);
                    }
                }
                None => product.factors.push((base.clone(), *exponent)),
            }
        }
        product.factors.retain(|(_, exponent)| *exponent != 0);
        product.cancel_unnamed();
        if product.hard().next().is_none() {
            // A share of a share is a share.
            product.word = word;
        }
        product.sorted()
    }

    /// Money without a currency and time in an unknown unit cancel against any other of their kind.
    fn cancel_unnamed(&mut self) {
        let kinds: [fn(&Base) -> Option<bool>; 2] = [
            |base| if let Base::Money(code) = base { Some(code.is_empty()) } else { None },
            |base| if let Base::Time(time) = base { Some(*time == Time::Any) } else { None },
        ];
        for is_unnamed in kinds {
            let at = |named: bool, unit: &Unit| {
                unit.factors.iter().position(|(base, _)| is_unnamed(base) == Some(!named))
            };
            let (Some(unnamed), Some(named)) = (at(false, self), at(true, self)) else { continue };
            let exponent = self.factors.get(unnamed).map_or(0, |(_, exponent)| *exponent);
            if let Some((_, other)) = self.factors.get_mut(named)
                && (*other > 0) != (exponent > 0)
            {
                *other = other.saturating_add(exponent);
                if let Some((_, own)) = self.factors.get_mut(unnamed) {
                    *own = 0;
                }
            }
        }
        self.factors.retain(|(_, exponent)| *exponent != 0);
    }

    /// The quotient.
    #[must_use]
    pub fn over(&self, other: &Unit) -> Unit {
        let mut quotient = self.times(&other.to_the(-1));
        // A share over a share is a ratio.
        quotient.word = None;
        quotient
    }

    /// The power.
    #[must_use]
    pub fn to_the(&self, exponent: i32) -> Unit {
        let factors = self.factors.iter().map(|(base, own)| (base.clone(), own.saturating_mul(exponent)));
        let factors = factors.filter(|(_, exponent)| *exponent != 0).collect();
        Unit { factors, word: if exponent > 0 { self.word } else { None } }
    }

    /// The square root; `None` where an exponent is odd.
    #[must_use]
    pub fn root(&self) -> Option<Unit> {
        let halved = self.factors.iter().map(|(base, own)| (own % 2 == 0).then(|| (base.clone(), own / 2)));
        Some(Unit { factors: halved.collect::<Option<_>>()?, word: None })
    }

    /// The unit of a multiple by a written number: `hours / 24` are days, or hours by the day; nobody can tell.
    #[must_use]
    pub(crate) fn scaled(&self) -> Unit {
        // A hundred times a share is no share.
        let mut scaled = Unit { factors: self.factors.clone(), word: None };
        for (base, _) in &mut scaled.factors {
            if let Base::Time(time) = base {
                *time = Time::Any;
            }
        }
        scaled.sorted()
    }

    /// The same unit where nobody has said more than what is counted: it cancels, and contradicts nothing.
    #[must_use]
    pub(crate) fn soft(&self, word: &Unit) -> Unit {
        let soft = |base: &Base| match base {
            Base::Named(name) => Base::Counted(name.clone()),
            other => other.clone(),
        };
        let factors = self.factors.iter().map(|(base, exponent)| (soft(base), *exponent)).collect();
        Unit { factors, word: word.word }.sorted()
    }

    /// The factors that somebody has declared or a function has given: all but counted rows.
    fn hard(&self) -> impl Iterator<Item = &(Base, i32)> {
        self.factors.iter().filter(|(base, _)| !matches!(base, Base::Counted(_)))
    }

    /// True if numbers of the two units can be added and compared.
    #[must_use]
    pub fn agrees(&self, other: &Unit) -> bool {
        let alike = |(a, m): &(Base, i32), (b, n): &(Base, i32)| m == n && same_kind(a, b);
        self.hard().count() == other.hard().count() && self.hard().zip(other.hard()).all(|(a, b)| alike(a, b))
    }

    /// The unit of a sum of two that agree: what is known of either.
    #[must_use]
    pub fn common(&self, other: &Unit) -> Unit {
        if self.factors == other.factors {
            let word = if self.word == other.word { self.word } else { None };
            return Unit { factors: self.factors.clone(), word };
        }
        let named = |a: &(Base, i32), b: &(Base, i32)| match &a.0 {
            Base::Time(Time::Any) => b.clone(),
            Base::Money(code) if code.is_empty() => b.clone(),
            _ => a.clone(),
        };
        let factors: Vec<_> = self.hard().zip(other.hard()).map(|(a, b)| named(a, b)).collect();
        let word = if self.word == other.word { self.word } else { None };
        Unit { factors, word }.sorted()
    }

    /// True if a book may declare this unit for a formula of another: it says the same, or more. More is what is
    /// counted (`money[USD] / win` for dollars by a plain count) and for how long (`money[USD] / month`). Things by
    /// as many things are a share, whatever they are (`win / lead`).
    #[must_use]
    pub fn can_name(&self, inferred: &Unit) -> bool {
        let has_money = |unit: &Unit| {
            unit.factors.iter().any(|(base, _)| matches!(base, Base::Money(_) | Base::MoneyBy(_)))
        };
        if self.is_plain() {
            let of_things = inferred.hard().all(|(base, _)| matches!(base, Base::Named(_)));
            let powers = inferred.factors.iter().fold(0_i32, |sum, (_, power)| sum.saturating_add(*power));
            return inferred.hard().next().is_none() || of_things && powers == 0;
        }
        if inferred.hard().next().is_none() {
            return !has_money(self);
        }
        let is_extra = |(base, exponent): &&(Base, i32)| {
            let known = inferred.hard().any(|(other, _)| same_kind(base, other));
            !known && (matches!(base, Base::Named(_)) || matches!(base, Base::Time(_)) && *exponent < 0)
        };
        let rest = self.factors.iter().filter(|factor| !is_extra(factor)).cloned().collect();
        Unit { factors: rest, word: None }.agrees(inferred)
    }

    /// The unit of many of what this is the unit of one: without the things that stand below the line.
    #[must_use]
    pub(crate) fn by_nothing(&self) -> Unit {
        let is_thing = |base: &Base| matches!(base, Base::Named(_) | Base::Counted(_));
        let kept = self.factors.iter().filter(|(base, exponent)| *exponent > 0 || !is_thing(base));
        Unit { factors: kept.cloned().collect(), word: None }
    }

    /// Whether it helps a reader: a bare number of rows needs no unit, its name says what is counted.
    #[must_use]
    pub(crate) fn is_worth_showing(&self) -> bool {
        let unclear =
            self.factors.iter().any(|(base, _)| matches!(base, Base::Time(Time::Any) | Base::MoneyBy(_)));
        !unclear && (self.hard().next().is_some() || self.word.is_some())
    }
}

/// Whether two bases multiply: a thing that is counted is the thing of that name.
fn is_one(a: &Base, b: &Base) -> bool {
    match (a, b) {
        (Base::Named(a) | Base::Counted(a), Base::Named(b) | Base::Counted(b)) => a == b,
        _ => a == b,
    }
}

fn same_kind(a: &Base, b: &Base) -> bool {
    match (a, b) {
        (Base::Money(a), Base::Money(b)) => a == b || a.is_empty() || b.is_empty(),
        (Base::Time(a), Base::Time(b)) => a == b || *a == Time::Any || *b == Time::Any,
        _ => a == b,
    }
}

enum Atom {
    One,
    Plain(&'static str),
    Base(Base),
}

/// The parts of a unit, each with the mark before it.
fn pieces(text: &str) -> Vec<(char, String)> {
    let mut found = vec![('*', String::new())];
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "*/·".contains(c)) {
        let end = word.chars().next_back().filter(|c| c.is_whitespace() || "*/·".contains(*c));
        let body = word.strip_suffix(|c| Some(c) == end).unwrap_or(word);
        if body == "per" {
            found.push(('/', String::new()));
        } else if let Some((_, last)) = found.last_mut() {
            if !last.is_empty() && !body.is_empty() {
                last.push(' ');
            }
            last.push_str(body);
        }
        match end {
            Some('/') => found.push(('/', String::new())),
            Some('*' | '·') => found.push(('*', String::new())),
            _ => {}
        }
    }
    found
}

fn atom(name: &str, currency: Option<&str>) -> Result<Atom, String> {
    let lower = name.to_lowercase();
    if name == "1" {
        return Ok(Atom::One);
    }
    if name == "%" {
        return Ok(Atom::Plain("percent"));
    }
    if name == "pp" {
        return Ok(Atom::Plain("points"));
    }
    if let Some(word) = PLAIN.iter().find(|word| **word == lower) {
        return Ok(Atom::Plain(word));
    }
    if let Some((time, ..)) = TIMES.iter().find(|(_, one, many)| *one == lower || *many == lower) {
        return Ok(Atom::Base(Base::Time(*time)));
    }
    if name == "money" {
        return Ok(Atom::Base(Base::Money(currency.unwrap_or_default().to_owned())));
    }
    if let Some(inner) = name.strip_prefix("money[").and_then(|rest| rest.strip_suffix(']')) {
        let is_code = inner.len() == 3 && inner.bytes().all(|letter| letter.is_ascii_uppercase());
        let is_column = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && inner.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'.')
            && !inner.bytes().all(|letter| letter.is_ascii_uppercase());
        return match (is_code, is_column) {
            (true, _) => Ok(Atom::Base(Base::Money(inner.to_owned()))),
            (_, true) => Ok(Atom::Base(Base::MoneyBy(inner.to_owned()))),
            _ => Err(format!("`{}` is no currency code", inner.escape_debug())),
        };
    }
    let is_odd = |c: char| c.is_control() || "[](){}<>^\"'`".contains(c);
    if name.contains(is_odd) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{}` is no name of a unit", name.escape_debug()));
    }
    Ok(Atom::Base(Base::Named(name.to_owned())))
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base::Money(code) if code.is_empty() => f.write_str("money"),
            Base::Money(inner) | Base::MoneyBy(inner) => write!(f, "money[{inner}]"),
            Base::Time(time) => {
                let known = TIMES.iter().find(|(known, ..)| known == time);
                f.write_str(known.map_or("time", |(_, _, many)| many))
            }
            Base::Named(name) | Base::Counted(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Unit {
    /// The canonical text: factors in order, those below the line behind ` / `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = |exponent: i32| if exponent == 1 { String::new() } else { format!("^{exponent}") };
        let above: Vec<String> = (self.factors.iter().filter(|(_, exponent)| *exponent > 0))
            .map(|(base, exponent)| format!("{base}{}", power(*exponent)))
            .collect();
        if let Some(word) = self.word {
            return f.write_str(word);
        }
        f.write_str(&above.join(" * "))?;
        if self.is_plain() {
            return Ok(());
        }
        if above.is_empty() {
            f.write_str("1")?;
        }
        for (base, exponent) in self.factors.iter().filter(|(_, exponent)| *exponent < 0) {
            write!(f, " / {base}{}", power(exponent.saturating_neg()))?;
        }
        Ok(())
    }
}

/// What is known of the unit of a part of a formula.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// Nothing: it fits everything.
    #[default]
    Unknown,
    /// A written number: beside `+` it has the unit of its neighbour, beside `*` none.
    Written,
    /// A calendar day. The difference of two is a number of days.
    Day,
    /// A number in this unit.
    Is(Unit),
}

/// Two units that cannot be added or compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The unit of the left side.
    pub left: Unit,
    /// The unit of the right side.
    pub right: Unit,
}

impl Quantity {
    /// The quantity of what the two sides of a `+`, a comparison or an `else` have in common.
    ///
    /// # Errors
    /// Two known units that do not agree.
    pub fn joined(self, other: Quantity) -> Result<Quantity, Clash> {
        use Quantity::{Day, Is, Unknown, Written};
        Ok(match (self, other) {
            (Is(left), Is(right)) => {
                if !left.agrees(&right) {
                    return Err(Clash { left, right });
                }
                Is(left.common(&right))
            }
            (Is(unit), Unknown | Written) | (Unknown | Written, Is(unit)) => Is(unit),
            (Day, Day) => Day,
            (Written, Written) => Written,
            _ => Unknown,
        })
    }

    /// The quantity of a product (`sign` 1) or a quotient (`sign` -1).
    #[must_use]
    pub fn multiplied(self, other: Quantity, sign: i32) -> Quantity {
        use Quantity::{Is, Written};
        match (self, other) {
            (Is(a), Is(b)) => Is(if sign < 0 { a.over(&b) } else { a.times(&b) }),
            (Is(a), Written) => Is(a.scaled()),
            (Written, Is(b)) => Is(b.to_the(sign).scaled()),
            (Written, Written) => Written,
            _ => Quantity::Unknown,
        }
    }

    /// The quantity of a difference: of two days a number of days.
    ///
    /// # Errors
    /// Two known units that do not agree.
    pub fn minus(self, other: Quantity) -> Result<Quantity, Clash> {
        match (self, other) {
            (Quantity::Day, Quantity::Day) => Ok(Quantity::Is(Unit::of(Base::Time(Time::Days)))),
            (Quantity::Day, _) => Ok(Quantity::Day),
            (a, b) => a.joined(b),
        }
    }

    /// The unit, where it is known.
    #[must_use]
    pub fn unit(&self) -> Option<&Unit> {
        if let Quantity::Is(unit) = self { Some(unit) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        Unit::parse(text, Some("USD")).unwrap_or_else(|mistake| panic!("{text}: {}", mistake.message))
    }

    #[test]
    fn reads_and_writes_one_canonical_text() {
        for (text, canonical) in [
            ("money", "money[USD]"),
            ("money[EUR]/win", "money[EUR] / win"),
            ("win * money[EUR] / win^2", "money[EUR] / win"),
            ("calls per rep per day", "calls / days / rep"),
            ("1 / hour", "1 / hours"),
            ("1/hours^2", "1 / hours^2"),
            ("hours^-2", "1 / hours^2"),
            ("Day", "days"),
            ("share", "share"),
            ("%", "percent"),
            ("share * money", "money[USD]"),
            ("business hours", "business hours"),
            ("money[currency]", "money[currency]"),
            ("Stück", "Stück"),
            ("win / win", ""),
        ] {
            assert_eq!(unit(text).to_string(), canonical, "{text}");
            if !canonical.is_empty() {
                assert_eq!(unit(canonical), unit(text), "{text}");
            }
        }
        let long = "a*".repeat(100);
        for text in [
            "",
            "*",
            "a / ",
            "money[",
            "money[usd",
            "money[US]",
            "a^0",
            "a^x",
            "a^99",
            "2",
            "(a)",
            "a[b]",
            &long,
        ] {
            assert!(Unit::parse(text, None).is_err(), "{text}");
        }
        assert_eq!(Unit::parse("money", None).unwrap().to_string(), "money");
    }

    #[test]
    fn products_roots_and_shares() {
        assert_eq!(unit("money").over(&unit("win")).times(&unit("win")), unit("money"));
        assert_eq!(unit("share").times(&unit("money")), unit("money"));
        assert_eq!(unit("share").times(&unit("share")), unit("share"));
        assert_eq!(unit("share").over(&unit("share")), Unit::one());
        assert_eq!(unit("money").over(&unit("money")), Unit::one());
        assert_eq!(unit("win^2").root(), Some(unit("win")));
        assert_eq!(unit("win").root(), None);
        let unnamed = Unit::parse("money", None).unwrap();
        assert_eq!(unnamed.over(&unit("money[EUR]")), Unit::one());
        assert_eq!(unnamed.times(&unit("money[EUR]")).to_string(), "money * money[EUR]");
        assert_eq!(unit("hours").scaled().over(&unit("days")), Unit::one());
        assert!(unit("share").is_share() && !unit("share").scaled().is_share());
        assert_eq!(unit("money / win").currency(), Some("USD"));
        assert_eq!(unit("win / money").currency(), None);
    }

    #[test]
    fn what_agrees_and_what_may_be_declared() {
        let counted = Unit::of(Base::Counted("opp".into()));
        assert!(unit("money").agrees(&unit("money").over(&counted)));
        assert!(!unit("money").agrees(&unit("money[EUR]")));
        assert!(!unit("hours").agrees(&unit("days")));
        assert!(unit("hours").scaled().agrees(&unit("days")));
        assert!(!unit("money").agrees(&counted));
        assert!(counted.agrees(&Unit::of(Base::Counted("lead".into()))));
        for (declared, inferred, may) in [
            ("money", "money", true),
            ("money / win", "money", true),
            ("money", "money / win", false),
            ("money / lead", "money / win", false),
            ("money / month", "money", true),
            ("money * month", "money", false),
            ("win", "1", true),
            ("days", "1", true),
            ("money", "1", false),
            ("share", "1", true),
            ("share", "money", false),
            ("win", "money", false),
            ("days", "hours", false),
            ("share", "win / lead", true),
            ("share", "win", false),
            ("ratio", "money / win", false),
            ("%", "win * kg / lead / m", true),
        ] {
            assert_eq!(unit(declared).can_name(&unit(inferred)), may, "{declared} for {inferred}");
        }
        assert!(unit("win").can_name(&counted) && unit("money").can_name(&unit("money").over(&counted)));
        assert!(unit("days").can_name(&unit("hours").scaled()));
        let rate = unit("win / lead").soft(&unit("share"));
        assert!(rate.is_share() && rate.agrees(&unit("share")) && rate.to_string() == "share");
        assert_eq!(unit("lead").times(&rate).times(&unit("money / win")), unit("money"));
        assert_eq!(rate.over(&rate), Unit::one());
    }
}
