//! Places in a text: byte offsets inside, line and column outside.
//!
//! Everything within works on byte offsets; a person is told lines and columns, worked out only when
//! there is something to tell.

/// Half-open range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// A place as people count: both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Finds lines and columns of a text. Lines end with a line feed; a carriage return before it
/// belongs to the line.
#[derive(Debug, Clone)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The place of a byte offset. Offsets past the end mean the end, offsets within a character
    /// mean that character.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let column = self.text[self.starts[line]..offset].chars().count() + 1;
        Position { line: clamp(line + 1), column: clamp(column) }
    }

    /// Characters of a span that stand on the line it starts on; at least 1.
    pub fn length(&self, span: Span) -> u32 {
        let (start, end) = (self.floor(span.start), self.floor(span.end));
        let text = self.text.get(start..end).unwrap_or_default();
        let first_line = text.split(['\r', '\n']).next().unwrap_or_default();
        clamp(first_line.chars().count().max(1))
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_line_feeds() {
        let text = "añb\r\nç€x\n\ny";
        let index = LineIndex::new(text);
        let at = |needle: &str| {
            let position = index.position(text.find(needle).unwrap());
            (position.line, position.column)
        };
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("b"), (1, 3));
        assert_eq!(at("ç"), (2, 1));
        assert_eq!(at("x"), (2, 3));
        assert_eq!(at("y"), (4, 1));
        assert_eq!(index.position(usize::MAX), Position { line: 4, column: 2 });
        assert_eq!(index.position(text.find('€').unwrap() + 1), Position { line: 2, column: 2 });
    }

    #[test]
    fn length_stays_on_the_first_line() {
        let index = LineIndex::new("ab€\r\ncd");
        assert_eq!(index.length(Span::new(1, 9)), 2);
        assert_eq!(index.length(Span::new(3, 3)), 1);
        assert_eq!(index.length(Span::new(9, 3)), 1);
        assert_eq!(LineIndex::new("").position(0), Position { line: 1, column: 1 });
    }
}
