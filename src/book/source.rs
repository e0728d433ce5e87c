//! The text of a book, and where in it a byte stands as people count: line and column from 1.

use std::ops::Range;

/// Text with its lines indexed.
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    /// Byte at which each line begins, ascending, the first 0 (or behind a byte order mark).
    starts: Vec<usize>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(text: &'t str, file: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }];
        for (at, byte) in bytes.iter().enumerate() {
            // YAML also ends a line at a lone carriage return.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { file, text, starts }
    }

    /// Line and column, in characters, of a byte. A place beyond the end counts as the end.
    pub(crate) fn place(&self, offset: usize) -> (usize, usize) {
        let offset = self.boundary(offset);
        let line = self.line(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }

    /// The byte at a line and column; what lies beyond a line counts as its end.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = self.starts.get(line.saturating_sub(1)) else {
            return self.text.len();
        };
        let line = self.text.get(*start..).unwrap_or("");
        let line = line.split(['\n', '\r']).next().unwrap_or("");
        start + line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at)
    }

    /// The whole lines that a span touches.
    pub(crate) fn lines_around(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.line(span.start);
        let last = self.line(span.end.max(span.start));
        // A mark at the beginning of the file stands before the first line.
        let from = self.starts.get(first - 1).copied().unwrap_or(0).min(span.start);
        let to = self.starts.get(last).copied().unwrap_or(self.text.len());
        from..to.max(from)
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The nearest character boundary at or before a byte.
    pub(crate) fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_every_line_break() {
        let source = Source::new("aé\r\nb\rc\nd", "f");
        assert_eq!(source.place(3), (1, 3));
        assert_eq!(source.place(5), (2, 1));
        assert_eq!(source.place(7), (3, 1));
        assert_eq!(source.place(9), (4, 1));
        assert_eq!(source.place(999), (4, 2));
        assert_eq!(source.place(2), (1, 2), "inside a character");
        for offset in [0, 1, 3, 5, 7, 9] {
            let (line, column) = source.place(offset);
            assert_eq!(source.offset(line, column), offset);
        }
        assert_eq!(Source::new("\u{feff}a", "f").place(3), (1, 1));
        assert_eq!(Source::new("", "f").place(0), (1, 1));
    }
}
