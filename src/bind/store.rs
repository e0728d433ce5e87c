//! Columns in layouts that the core reads, with the buffers they live in.
//!
//! The layouts mirror [`ripplemark_core::batch::Data`] one to one, but own (share) their buffers, so that lending
//! them to the core is a match without any failure path.

use arrow::array::{Array, ArrayRef, AsArray, GenericStringArray, OffsetSizeTrait};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit as ArrowUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use ripplemark_core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};

/// One column, laid out.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) values: Values,
    /// True where there is a value; `None`: everywhere.
    pub(super) validity: Option<BooleanBuffer>,
    /// True where a value could not be read; `None`: nowhere.
    pub(super) invalid: Option<BooleanBuffer>,
}

impl Stored {
    pub(super) fn missing() -> Self {
        Stored { values: Values::Missing, validity: None, invalid: None }
    }

    /// The column as the core borrows it.
    pub(super) fn column(&self) -> Column<'_> {
        fn bits(buffer: &BooleanBuffer) -> Bits<'_> {
            Bits::new(buffer.values(), buffer.offset())
        }
        Column {
            data: self.values.data(),
            validity: self.validity.as_ref().map(bits),
            invalid: self.invalid.as_ref().map(bits),
        }
    }

    /// Shares the buffers of an array whose type the core reads as it is.
    pub(super) fn share(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(Stored { values: values(array)?, validity: validity(array.as_ref()), invalid: None })
    }
}

/// True where an array has a value; `None`: everywhere.
pub(super) fn validity(array: &dyn Array) -> Option<BooleanBuffer> {
    array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.inner().clone())
}

#[derive(Clone, Debug)]
pub(super) enum Values {
    I8(ScalarBuffer<i8>),
    I16(ScalarBuffer<i16>),
    I32(ScalarBuffer<i32>),
    I64(ScalarBuffer<i64>),
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
    U64(ScalarBuffer<u64>),
    F32(ScalarBuffer<f32>),
    F64(ScalarBuffer<f64>),
    Decimal128 { bytes: Buffer, scale: u8 },
    Bool(BooleanBuffer),
    Utf8(Texts),
    Dict { codes: CodeBuffer, texts: Texts, valid: Option<BooleanBuffer> },
    Date32(ScalarBuffer<i32>),
    Timestamp { values: ScalarBuffer<i64>, unit: TimeUnit },
    Missing,
}

#[derive(Clone, Debug)]
pub(super) enum Texts {
    Small { offsets: OffsetBuffer<i32>, bytes: Buffer },
    Large { offsets: OffsetBuffer<i64>, bytes: Buffer },
}

#[derive(Clone, Debug)]
pub(super) enum CodeBuffer {
    I8(ScalarBuffer<i8>),
    U8(ScalarBuffer<u8>),
    I16(ScalarBuffer<i16>),
    U16(ScalarBuffer<u16>),
    I32(ScalarBuffer<i32>),
    U32(ScalarBuffer<u32>),
}

impl Values {
    pub(super) fn data(&self) -> Data<'_> {
        match self {
            Values::I8(values) => Data::I8(values),
            Values::I16(values) => Data::I16(values),
            Values::I32(values) => Data::I32(values),
            Values::I64(values) => Data::I64(values),
            Values::U8(values) => Data::U8(values),
            Values::U16(values) => Data::U16(values),
            Values::U32(values) => Data::U32(values),
            Values::U64(values) => Data::U64(values),
            Values::F32(values) => Data::F32(values),
            Values::F64(values) => Data::F64(values),
            Values::Decimal128 { bytes, scale } => Data::Decimal128 { bytes, scale: *scale },
            Values::Bool(bits) => Data::Bool(Bits::new(bits.values(), bits.offset())),
            Values::Utf8(texts) => Data::Utf8(texts.text()),
            Values::Dict { codes, texts, valid } => Data::Dict {
                codes: codes.codes(),
                values: texts.text(),
                valid: valid.as_ref().map(|bits| Bits::new(bits.values(), bits.offset())),
            },
            Values::Date32(values) => Data::Date32(values),
            Values::Timestamp { values, unit } => Data::Timestamp { values, unit: *unit },
            Values::Missing => Data::Missing,
        }
    }
}

impl Texts {
    fn text(&self) -> Text<'_> {
        match self {
            Texts::Small { offsets, bytes } => Text::Small { offsets, bytes },
            Texts::Large { offsets, bytes } => Text::Large { offsets, bytes },
        }
    }

    /// Shares the buffers of a `Utf8` or `LargeUtf8` array.
    pub(super) fn share(array: &dyn Array) -> Result<Self, ArrowError> {
        fn buffers<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> (OffsetBuffer<O>, Buffer) {
            (array.offsets().clone(), array.values().clone())
        }
        match array.data_type() {
            DataType::Utf8 => {
                let (offsets, bytes) = buffers(array.as_string());
                Ok(Texts::Small { offsets, bytes })
            }
            DataType::LargeUtf8 => {
                let (offsets, bytes) = buffers(array.as_string());
                Ok(Texts::Large { offsets, bytes })
            }
            other => Err(no_layout(other)),
        }
    }
}

impl CodeBuffer {
    fn codes(&self) -> Codes<'_> {
        match self {
            CodeBuffer::I8(codes) => Codes::I8(codes),
            CodeBuffer::U8(codes) => Codes::U8(codes),
            CodeBuffer::I16(codes) => Codes::I16(codes),
            CodeBuffer::U16(codes) => Codes::U16(codes),
            CodeBuffer::I32(codes) => Codes::I32(codes),
            CodeBuffer::U32(codes) => Codes::U32(codes),
        }
    }

    /// Shares the buffer of the keys of a dictionary, which have at most 32 bits.
    pub(super) fn share(keys: &dyn Array) -> Result<Self, ArrowError> {
        Ok(match keys.data_type() {
            DataType::Int8 => CodeBuffer::I8(keys.as_primitive::<Int8Type>().values().clone()),
            DataType::UInt8 => CodeBuffer::U8(keys.as_primitive::<UInt8Type>().values().clone()),
            DataType::Int16 => CodeBuffer::I16(keys.as_primitive::<Int16Type>().values().clone()),
            DataType::UInt16 => CodeBuffer::U16(keys.as_primitive::<UInt16Type>().values().clone()),
            DataType::Int32 => CodeBuffer::I32(keys.as_primitive::<Int32Type>().values().clone()),
            DataType::UInt32 => CodeBuffer::U32(keys.as_primitive::<UInt32Type>().values().clone()),
            other => return Err(no_layout(other)),
        })
    }
}

/// The values of an array that needs no conversion.
fn values(array: &ArrayRef) -> Result<Values, ArrowError> {
    Ok(match array.data_type() {
        DataType::Int8 => Values::I8(array.as_primitive::<Int8Type>().values().clone()),
        DataType::Int16 => Values::I16(array.as_primitive::<Int16Type>().values().clone()),
        DataType::Int32 => Values::I32(array.as_primitive::<Int32Type>().values().clone()),
        DataType::Int64 => Values::I64(array.as_primitive::<Int64Type>().values().clone()),
        DataType::UInt8 => Values::U8(array.as_primitive::<UInt8Type>().values().clone()),
        DataType::UInt16 => Values::U16(array.as_primitive::<UInt16Type>().values().clone()),
        DataType::UInt32 => Values::U32(array.as_primitive::<UInt32Type>().values().clone()),
        DataType::UInt64 => Values::U64(array.as_primitive::<UInt64Type>().values().clone()),
        DataType::Float32 => Values::F32(array.as_primitive::<Float32Type>().values().clone()),
        DataType::Float64 => Values::F64(array.as_primitive::<Float64Type>().values().clone()),
        DataType::Decimal128(_, scale) => Values::Decimal128 {
            bytes: array.as_primitive::<Decimal128Type>().values().inner().clone(),
            scale: u8::try_from(*scale).map_err(|_| no_layout(array.data_type()))?,
        },
        DataType::Boolean => Values::Bool(array.as_boolean().values().clone()),
        DataType::Utf8 | DataType::LargeUtf8 => Values::Utf8(Texts::share(array)?),
        DataType::Date32 => Values::Date32(array.as_primitive::<Date32Type>().values().clone()),
        // A time zone says how to show a timestamp; the instant is in UTC either way.
        DataType::Timestamp(unit, _) => match unit {
            ArrowUnit::Second => Values::Timestamp {
                values: array.as_primitive::<TimestampSecondType>().values().clone(),
                unit: TimeUnit::Second,
            },
            ArrowUnit::Millisecond => Values::Timestamp {
                values: array.as_primitive::<TimestampMillisecondType>().values().clone(),
                unit: TimeUnit::Millisecond,
            },
            ArrowUnit::Microsecond => Values::Timestamp {
                values: array.as_primitive::<TimestampMicrosecondType>().values().clone(),
                unit: TimeUnit::Microsecond,
            },
            ArrowUnit::Nanosecond => Values::Timestamp {
                values: array.as_primitive::<TimestampNanosecondType>().values().clone(),
                unit: TimeUnit::Nanosecond,
            },
        },
        DataType::Null => Values::Missing,
        other => return Err(no_layout(other)),
    })
}

fn no_layout(ty: &DataType) -> ArrowError {
    ArrowError::NotYetImplemented(format!("no layout for {ty}"))
}
