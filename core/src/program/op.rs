//! The instructions: what row code and cell code can say.
//!
//! An instruction is 16 bytes: `op: u8, aux: u8, zero: u16, a: u32, b: u32, c: u32`. Instruction `i` of a table writes
//! register `i`, and its operands are registers below `i`: programs have no jumps, no loops and no state.

/// Representation of a register's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `i64`: integers, dates (days), timestamps and durations (microseconds).
    Int,
    /// `i128` mantissa; the scale is known to the compiler only.
    Decimal,
    /// Binary64.
    Float,
    /// 0 or 1.
    Bool,
    /// Number of a text constant, or "none of them".
    Text,
}

impl Kind {
    /// The kind with this number: 0 Int, 1 Decimal, 2 Float, 3 Bool, 4 Text.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Kind> {
        match number {
            0 => Some(Kind::Int),
            1 => Some(Kind::Decimal),
            2 => Some(Kind::Float),
            3 => Some(Kind::Bool),
            4 => Some(Kind::Text),
            _ => None,
        }
    }
}

macro_rules! ops {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $op:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum $name { $($(#[$doc])* $op = $number,)* }

        impl $name {
            /// The instruction with this number.
            #[must_use]
            pub const fn from_u8(number: u8) -> Option<Self> {
                match number { $($number => Some($name::$op),)* _ => None }
            }
        }
    };
}

ops! {
    /// Row instructions. `a`, `b`, `c` are registers unless said.
    RowOp {
        /// Column `a` of the table.
        Load = 1,
        /// Constant `a`, an `i64`.
        ConstInt = 2,
        /// Constant `a`, an `i128`.
        ConstDecimal = 3,
        /// Constant `a`, a binary64 in the low 8 bytes.
        ConstFloat = 4,
        /// `a` is 0 or 1.
        ConstBool = 5,
        /// Text constant `a`.
        ConstText = 6,
        /// Missing, of the kind in `aux` (0 Int, 1 Decimal, 2 Float, 3 Bool, 4 Text).
        Missing = 7,
        NegInt = 10,
        NegDecimal = 11,
        NegFloat = 12,
        Not = 13,
        AddInt = 20,
        SubInt = 21,
        MulInt = 22,
        /// Remainder with the sign of `a`; a zero `b` gives `zero_denominator`.
        RemInt = 23,
        /// `a ** b`; a negative `b` gives `overflow`.
        PowInt = 24,
        /// `a / b` as the nearest binary64.
        DivInt = 25,
        AddDecimal = 30,
        SubDecimal = 31,
        MulDecimal = 32,
        RemDecimal = 33,
        /// `a / b` as the nearest binary64; `c` is `scale of a | scale of b << 8`.
        DivDecimal = 34,
        /// `a / 10^b`, rounded to an integer: `aux` is 0 down, 1 up, 2 half away from zero.
        DropDigits = 35,
        AddFloat = 40,
        SubFloat = 41,
        MulFloat = 42,
        DivFloat = 43,
        RemFloat = 44,
        PowFloat = 45,
        /// Comparisons: `aux` is 0 `==`, 1 `!=`, 2 `<`, 3 `<=`, 4 `>`, 5 `>=`.
        CompareInt = 50,
        CompareDecimal = 51,
        CompareFloat = 52,
        /// Bool or Text; `aux` 0 or 1.
        CompareCode = 53,
        /// Whether the text of column `a` (no register) contains (`aux` 0), begins with (1) or ends with (2) text
        /// constant `b`. `c` counts the text tests of the table from 0.
        TextTest = 54,
        And = 60,
        Or = 61,
        /// `if a { b } else { c }`; `aux` is the kind of `b` and `c`.
        If = 62,
        /// `a ?? b`; `aux` is their kind.
        Coalesce = 63,
        IsNull = 64,
        IntToFloat = 70,
        IntToDecimal = 71,
        /// Nearest binary64 of decimal `a`; `b` is its scale.
        DecimalToFloat = 72,
        /// The local day of timestamp `a`.
        LocalDay = 73,
        /// First day of the period that holds day `a`; `aux` is the grain (1 day to 5 year). Beyond the calendar:
        /// `overflow`, also for the next two.
        PeriodStart = 74,
        /// Day `a`, `b` months later; the last day of a month that is too short.
        AddMonths = 75,
        /// Of day `a`: `aux` 0 the year, 1 the month, 2 the day of the month, 3 the day of the week (1 Monday).
        DayPart = 76,
        AbsInt = 80,
        AbsDecimal = 81,
        AbsFloat = 82,
        MinInt = 83,
        MinDecimal = 84,
        MinFloat = 85,
        MaxInt = 86,
        MaxDecimal = 87,
        MaxFloat = 88,
        Sqrt = 90,
        Ln = 91,
        Exp = 92,
        Floor = 93,
        Ceil = 94,
        /// Half away from zero.
        Round = 95,
        Log10 = 96,
        Log2 = 97,
        /// `a` to `b` digits after the point, half away from zero.
        RoundDigits = 98,
        /// Business time from timestamp `a` to `b`; beyond 64 bits `overflow`, as in the next three.
        BusinessBetween = 110,
        /// Timestamp `a`, `b` of business time later.
        AddBusiness = 111,
        /// Timestamp `a`, `b` months later by the clocks of the zone; the last day of a month that is too short.
        AddLocalMonths = 112,
        /// Timestamp `a`, `b` days later by the clocks of the zone.
        AddLocalDays = 113,
        /// False where `a` has failed; true where it has a value or is missing. Never missing itself.
        IsSound = 100,
        /// True where `a` has failed and reason `aux` (its position in the set, 1 `zero_denominator` to 5 `unbounded`)
        /// is the first of its reasons. Never missing itself.
        FailedFirst = 101,
    }
}

impl RowOp {
    /// How many of `a`, `b`, `c`, in this order, are registers. The others are numbers, columns or constants.
    #[must_use]
    pub const fn operands(self) -> usize {
        use RowOp::*;
        match self {
            Load | ConstInt | ConstDecimal | ConstFloat | ConstBool | ConstText | Missing | TextTest => 0,
            NegInt | NegDecimal | NegFloat | Not | DropDigits | IsNull | IsSound | FailedFirst
            | IntToFloat | IntToDecimal | DecimalToFloat | LocalDay | PeriodStart | DayPart | AbsInt
            | AbsDecimal | AbsFloat | Sqrt | Ln | Exp | Floor | Ceil | Round | Log10 | Log2 | RoundDigits => {
                1
            }
            AddInt | SubInt | MulInt | RemInt | PowInt | DivInt | AddDecimal | SubDecimal | MulDecimal
            | RemDecimal | DivDecimal | AddFloat | SubFloat | MulFloat | DivFloat | RemFloat | PowFloat
            | CompareInt | CompareDecimal | CompareFloat | CompareCode | And | Or | Coalesce | AddMonths
            | BusinessBetween | AddBusiness | AddLocalMonths | AddLocalDays | MinInt | MinDecimal
            | MinFloat | MaxInt | MaxDecimal | MaxFloat => 2,
            If => 3,
        }
    }
}

impl Instruction<RowOp> {
    /// The registers that the instruction reads.
    pub fn registers(&self) -> impl Iterator<Item = usize> + use<> {
        [self.a as usize, self.b as usize, self.c as usize].into_iter().take(self.op.operands())
    }
}

ops! {
    /// Cell instructions. `a`, `b`, `c` are cell registers unless said.
    CellOp {
        /// Constant `a` is the mantissa, `b` the scale.
        Number = 1,
        /// `a` is 0 or 1.
        Bool = 2,
        /// The value of slot `a`; empty where count slot `b` is 0 ([`super::layout::NONE`]: never empty).
        Slot = 3,
        Neg = 10,
        Not = 11,
        Add = 20,
        Sub = 21,
        Mul = 22,
        /// `aux` 1: the quotient stands on the rows of its denominator, as a rate does.
        Div = 23,
        /// `aux` as in row code.
        Compare = 30,
        And = 40,
        Or = 41,
        /// `aux` is 0 for numbers, 1 for truth values.
        If = 42,
        /// `aux` is 0 for numbers, 1 for truth values.
        Coalesce = 43,
        IsNull = 44,
        Abs = 50,
        Min = 51,
        Max = 52,
        /// `a`, a count of rows, which from here on is also its own `n`.
        Rows = 53,
        /// `a` to `b` digits after the point: `aux` is 0 down, 1 up, 2 half away from zero.
        RoundTo = 54,
        /// Nearest binary64 of `a`, taken as exact from here on.
        Round64 = 60,
        Sqrt = 61,
        Ln = 62,
        Exp = 63,
        Pow = 64,
        Log10 = 65,
        Log2 = 66,
    }
}

ops! {
    /// What a slot accumulates.
    SlotKind {
        /// Rows for which the condition is true and the argument (if any) is not missing.
        Count = 1,
        SumInt = 2,
        SumDecimal = 3,
        SumFloat = 4,
        MinInt = 5,
        MinDecimal = 6,
        MinFloat = 7,
        MaxInt = 8,
        MaxDecimal = 9,
        MaxFloat = 10,
    }
}

impl SlotKind {
    /// The kind of register the slot reads; `None`: any, or none at all.
    #[must_use]
    pub const fn arg(self) -> Option<Kind> {
        match self {
            SlotKind::Count => None,
            SlotKind::SumInt | SlotKind::MinInt | SlotKind::MaxInt => Some(Kind::Int),
            SlotKind::SumDecimal | SlotKind::MinDecimal | SlotKind::MaxDecimal => Some(Kind::Decimal),
            SlotKind::SumFloat | SlotKind::MinFloat | SlotKind::MaxFloat => Some(Kind::Float),
        }
    }
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction<Op> {
    /// What to do.
    pub op: Op,
    /// A small parameter.
    pub aux: u8,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
    /// Third operand.
    pub c: u32,
}

impl<Op> Instruction<Op> {
    pub(crate) fn decode(bytes: &[u8], op: impl Fn(u8) -> Option<Op>) -> Option<Self> {
        let word =
            |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
        if bytes.get(2..4)? != [0, 0] {
            return None;
        }
        Some(Instruction {
            op: op(*bytes.first()?)?,
            aux: *bytes.get(1)?,
            a: word(4)?,
            b: word(8)?,
            c: word(12)?,
        })
    }

    /// The 16 bytes of an instruction whose operation has this number.
    #[must_use]
    pub fn encode(op: u8, aux: u8, a: u32, b: u32, c: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
        bytes[0] = op;
        bytes[1] = aux;
        bytes[4..8].copy_from_slice(&a);
        bytes[8..12].copy_from_slice(&b);
        bytes[12..16].copy_from_slice(&c);
        bytes
    }
}
