//! The one byte string of a sum, so that states of equal content are equal bytes wherever they were computed.
//!
//! # Layout
//!
//! All integers are little-endian. *Minimal two's complement* of an integer v is the shortest sequence of bytes, least
//! significant first, whose two's complement value (the highest bit of the last byte is the sign) is v; that of 0 is
//! the empty sequence. So 127 is `7f`, 128 is `80 00`, −1 is `ff`, −128 is `80`, −129 is `7f ff`.
//!
//! Integer sum and decimal sum (of mantissas; the scale is declared elsewhere):
//!
//! | bytes | content |
//! |---|---|
//! | 1 | `len`, unsigned: 0 to 255 |
//! | `len` | minimal two's complement of the sum |
//!
//! Float sum, S × 2^-1074 with an integer S:
//!
//! | bytes | content |
//! |---|---|
//! | 2 | `exponent`, signed 16 bits: how many zero bytes were taken off the low end of S; never negative |
//! | 2 | `len`, unsigned 16 bits |
//! | `len` | minimal two's complement of S / 256^`exponent`; the first byte is not 0 |
//!
//! 0 has `exponent` 0 and `len` 0. The value is content × 256^`exponent` × 2^-1074.
//!
//! A reader refuses every other spelling of a number: a last byte that only repeats the sign of the byte before it
//! (`00` after a byte below `80`, `ff` after a byte from `80` up; a lone `00`), a float sum whose first byte is 0, an
//! exponent that is negative, or not 0 with `len` 0.

use super::twos;

/// Most bytes that [`write_int`] needs for a sum of `words` words.
#[must_use]
pub const fn int_bytes(words: usize) -> usize {
    words.saturating_mul(8).saturating_add(1)
}

/// Most bytes that [`write_float_sum`] needs for a sum of `words` words.
#[must_use]
pub const fn float_bytes(words: usize) -> usize {
    words.saturating_mul(8).saturating_add(4)
}

/// Why bytes are not the canonical form of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanonicalError {
    /// The bytes end before the number does.
    Truncated,
    /// The number has a shorter spelling.
    NotMinimal,
    /// The number does not fit the words it is read into.
    TooWide,
    /// The exponent of a float sum is negative.
    Exponent,
}

impl core::fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            CanonicalError::Truncated => "the bytes of a sum end too early",
            CanonicalError::NotMinimal => "a sum is not spelt in its shortest form",
            CanonicalError::TooWide => "a sum is wider than its accumulator",
            CanonicalError::Exponent => "the exponent of a float sum is negative",
        })
    }
}

impl core::error::Error for CanonicalError {}

/// The bytes of a number in words, least significant first.
fn bytes_of(words: &[u64]) -> impl Iterator<Item = u8> + '_ {
    words.iter().flat_map(|word| word.to_le_bytes())
}

/// Length of the minimal two's complement.
fn minimal_len(words: &[u64]) -> usize {
    let negative = twos::is_negative(words);
    let fill = if negative { 0xff } else { 0 };
    let (mut len, mut top) = (0, 0);
    for (at, byte) in bytes_of(words).enumerate() {
        if byte != fill {
            (len, top) = (at + 1, byte);
        }
    }
    // One more byte where the highest one that matters does not show the sign.
    len + usize::from((top >> 7 == 1) != negative)
}

/// Writes a sum of integers or decimal mantissas; returns the bytes written.
///
/// `None` if `out` is too short, or if the number takes more than 255 bytes.
#[must_use]
pub fn write_int(words: &[u64], out: &mut [u8]) -> Option<usize> {
    let len = minimal_len(words);
    let (head, rest) = out.split_first_mut()?;
    *head = u8::try_from(len).ok()?;
    write_bytes(words, 0, rest.get_mut(..len)?);
    Some(len + 1)
}

/// Writes a sum of binary64 values, given in units of 2^-1074; returns the bytes written.
///
/// `None` if `out` is too short, or if the number takes more bytes than the layout can tell (32,767).
#[must_use]
pub fn write_float_sum(words: &[u64], out: &mut [u8]) -> Option<usize> {
    let zero_words = words.iter().take_while(|&&word| word == 0).count();
    let stripped =
        words.get(zero_words).map_or(0, |word| 8 * zero_words + word.trailing_zeros() as usize / 8);
    let len = minimal_len(words) - stripped;
    let (exponent, rest) = out.split_first_chunk_mut::<2>()?;
    let (length, rest) = rest.split_first_chunk_mut::<2>()?;
    *exponent = i16::try_from(stripped).ok()?.to_le_bytes();
    *length = u16::try_from(len).ok()?.to_le_bytes();
    write_bytes(words, stripped, rest.get_mut(..len)?);
    Some(len + 4)
}

/// Fills `out` with the bytes of the number from byte `skip` on, and with its sign beyond its width.
fn write_bytes(words: &[u64], skip: usize, out: &mut [u8]) {
    let fill = if twos::is_negative(words) { 0xff } else { 0 };
    let rest = words.get(skip / 8..).unwrap_or(&[]);
    for (slot, byte) in out.iter_mut().zip(bytes_of(rest).skip(skip % 8).chain(core::iter::repeat(fill))) {
        *slot = byte;
    }
}

/// Reads a sum of integers or decimal mantissas from the start of `bytes`; returns the bytes read.
///
/// # Errors
/// If the bytes are not the canonical form of a number that fits `words`; `words` are then 0.
pub fn read_int(bytes: &[u8], words: &mut [u64]) -> Result<usize, CanonicalError> {
    words.fill(0);
    let (&len, rest) = bytes.split_first().ok_or(CanonicalError::Truncated)?;
    let len = usize::from(len);
    let content = rest.get(..len).ok_or(CanonicalError::Truncated)?;
    check_minimal(content)?;
    fill_words(content, 0, words)?;
    Ok(len + 1)
}

/// Reads a sum of binary64 values from the start of `bytes`, in units of 2^-1074; returns the bytes read.
///
/// # Errors
/// If the bytes are not the canonical form of a number that fits `words`; `words` are then 0.
pub fn read_float_sum(bytes: &[u8], words: &mut [u64]) -> Result<usize, CanonicalError> {
    words.fill(0);
    let (exponent, rest) = bytes.split_first_chunk::<2>().ok_or(CanonicalError::Truncated)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(CanonicalError::Truncated)?;
    let exponent = usize::try_from(i16::from_le_bytes(*exponent)).map_err(|_| CanonicalError::Exponent)?;
    let len = usize::from(u16::from_le_bytes(*length));
    let content = rest.get(..len).ok_or(CanonicalError::Truncated)?;
    check_minimal(content)?;
    match content.first() {
        None if exponent != 0 => return Err(CanonicalError::NotMinimal),
        Some(0) => return Err(CanonicalError::NotMinimal),
        _ => {}
    }
    fill_words(content, exponent, words)?;
    Ok(len + 4)
}

/// Refuses a last byte that says nothing.
fn check_minimal(content: &[u8]) -> Result<(), CanonicalError> {
    let redundant = match *content {
        [.., below, top] => (top == 0 && below < 0x80) || (top == 0xff && below >= 0x80),
        [0] => true,
        _ => false,
    };
    if redundant { Err(CanonicalError::NotMinimal) } else { Ok(()) }
}

/// Sets words to the number whose minimal two's complement stands above `skip` zero bytes.
fn fill_words(content: &[u8], skip: usize, words: &mut [u64]) -> Result<(), CanonicalError> {
    let end = skip.saturating_add(content.len());
    if end > words.len().saturating_mul(8) {
        return Err(CanonicalError::TooWide);
    }
    let fill = if content.last().is_some_and(|&top| top >= 0x80) { 0xff } else { 0 };
    let zeros = core::iter::repeat_n(0, skip);
    let mut bytes = zeros.chain(content.iter().copied()).chain(core::iter::repeat(fill));
    for word in words {
        let mut chunk = [0; 8];
        chunk.iter_mut().zip(&mut bytes).for_each(|(slot, byte)| *slot = byte);
        *word = u64::from_le_bytes(chunk);
    }
    Ok(())
}
