//! Custom formats: `#,##0.00;(0);'none'`.
//!
//! A format has up to three sections (positive, negative, zero). A section is read twice: once to
//! count its digit places, once to write.

use super::Digits;
use super::standard::write_exponent;

/// Most digits an exponent is padded to.
const EXPONENT_DIGITS_MAX: usize = 10;
const GROUP: i32 = 3;

/// Writes a number by a custom format. There are no invalid ones.
pub(super) fn write_custom(mut digits: Digits, format: &str, out: &mut String) {
    let end = format.find('\0').unwrap_or(format.len());
    let format = &format[..end];
    let index = match (digits.is_zero(), digits.negative) {
        (true, _) => 2,
        (_, true) => 1,
        _ => 0,
    };
    let mut start = section(format, index);
    let mut plan = Plan::of(&format[start..]);
    if digits.is_zero() {
        digits.negative = false;
        digits.scale = 0;
    } else {
        digits.scale = digits.scale.saturating_add(plan.scale);
        digits.round(plan.kept(&digits));
        let zero = section(format, 2);
        if digits.is_zero() && zero != start {
            start = zero;
            plan = Plan::of(&format[start..]);
            digits.scale = 0;
        }
    }
    if digits.negative && start == 0 {
        out.push('-');
    }
    Writer::new(&digits, &plan).run(&format[start..], out);
}

/// Where a section starts; the first one stands in for what is missing or empty.
fn section(format: &str, index: usize) -> usize {
    let mut left = index;
    let mut rest = Symbols(format);
    while left > 0 {
        match rest.next() {
            None => return 0,
            Some(Symbol::End) => {
                left -= 1;
                if left == 0 {
                    let start = format.len() - rest.0.len();
                    return if matches!(rest.0.as_bytes().first(), None | Some(b';')) { 0 } else { start };
                }
            }
            Some(_) => {}
        }
    }
    0
}

enum Symbol<'a> {
    Hash,
    Zero,
    Point,
    Comma,
    Percent,
    PerMille,
    /// A piece between quotes, or behind a backslash.
    Literal(&'a str),
    /// `E` or `e`; what follows is left to the reader, which knows if it is an exponent.
    Exponent(char),
    Other(char),
    /// `;`
    End,
}

/// Reads a format symbol by symbol.
struct Symbols<'a>(&'a str);

impl<'a> Symbols<'a> {
    fn cut(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }

    /// Length of the sign and zeros that make an `E` an exponent, if they stand here.
    fn exponent(&self) -> Option<(bool, usize, usize)> {
        let sign = usize::from(self.0.starts_with(['+', '-']));
        let zeros = self.0[sign..].bytes().take_while(|byte| *byte == b'0').count();
        (zeros > 0).then(|| (self.0.starts_with('+'), zeros, sign + zeros))
    }
}

impl<'a> Iterator for Symbols<'a> {
    type Item = Symbol<'a>;

    fn next(&mut self) -> Option<Symbol<'a>> {
        let symbol = self.0.chars().next()?;
        self.cut(symbol.len_utf8());
        Some(match symbol {
            '#' => Symbol::Hash,
            '0' => Symbol::Zero,
            '.' => Symbol::Point,
            ',' => Symbol::Comma,
            '%' => Symbol::Percent,
            '‰' => Symbol::PerMille,
            ';' => Symbol::End,
            'E' | 'e' => Symbol::Exponent(symbol),
            '\'' | '"' => {
                let end = self.0.find(symbol).unwrap_or(self.0.len());
                let literal = self.cut(end);
                self.cut(usize::from(!self.0.is_empty()));
                Symbol::Literal(literal)
            }
            '\\' => {
                let len = self.0.chars().next().map_or(0, char::len_utf8);
                Symbol::Literal(self.cut(len))
            }
            other => Symbol::Other(other),
        })
    }
}

/// What a section's places add up to.
struct Plan {
    places: i32,
    /// Places before the point.
    whole: i32,
    /// Zeros are written up to this many places before the point …
    first: i32,
    /// … and down to this one, negative, behind it.
    last: i32,
    scientific: bool,
    grouped: bool,
    /// Powers of ten that `%`, `‰` and trailing commas stand for.
    scale: i32,
}

impl Plan {
    fn of(format: &str) -> Self {
        let mut symbols = Symbols(format);
        let (mut places, mut point, mut first, mut last) = (0, None, None, 0);
        let (mut scientific, mut grouped, mut scale) = (false, false, 0_i32);
        let mut comma: Option<(i32, i32)> = None;
        while let Some(symbol) = symbols.next() {
            match symbol {
                Symbol::Hash => places += 1,
                Symbol::Zero => {
                    first.get_or_insert(places);
                    places += 1;
                    last = places;
                }
                Symbol::Point => {
                    point.get_or_insert(places);
                }
                Symbol::Comma if places > 0 && point.is_none() => match &mut comma {
                    Some((at, count)) if *at == places => *count += 1,
                    _ => {
                        grouped |= comma.is_some();
                        comma = Some((places, 1));
                    }
                },
                Symbol::Percent => scale += 2,
                Symbol::PerMille => scale += 3,
                Symbol::Exponent(_) => {
                    if let Some((_, _, len)) = symbols.exponent() {
                        symbols.cut(len);
                        scientific = true;
                    }
                }
                Symbol::End => break,
                Symbol::Comma | Symbol::Literal(_) | Symbol::Other(_) => {}
            }
        }
        let whole = point.unwrap_or(places);
        match comma {
            Some((at, count)) if at == whole => scale -= count * 3,
            Some(_) => grouped = true,
            None => {}
        }
        Self {
            places,
            whole,
            first: first.map_or(0, |first: i32| (whole - first).max(0)),
            last: (whole - last).min(0),
            scientific,
            grouped,
            scale,
        }
    }

    /// How many digits of a number the section shows.
    fn kept(&self, digits: &Digits) -> i32 {
        if self.scientific { self.places } else { digits.scale + self.places - self.whole }
    }
}

struct Writer<'a> {
    digits: &'a Digits,
    plan: &'a Plan,
    /// Next digit to write.
    next: usize,
    /// Places left before the point.
    place: i32,
    /// Digits more, or fewer, than there are places before the point.
    adjust: i32,
    /// Place of the leftmost digit that is written: left of it stand no commas.
    top: i32,
    point_written: bool,
    scientific: bool,
}

impl<'a> Writer<'a> {
    fn new(digits: &'a Digits, plan: &'a Plan) -> Self {
        let (place, adjust) = if plan.scientific {
            (plan.whole, 0)
        } else {
            (digits.scale.max(plan.whole), digits.scale - plan.whole)
        };
        let top = plan.first.max(place + adjust.min(0));
        Self { digits, plan, next: 0, place, adjust, top, point_written: false, scientific: plan.scientific }
    }

    fn run(mut self, format: &str, out: &mut String) {
        let mut symbols = Symbols(format);
        while let Some(symbol) = symbols.next() {
            if matches!(symbol, Symbol::Hash | Symbol::Zero | Symbol::Point) {
                self.write_surplus(out);
            }
            match symbol {
                Symbol::Hash | Symbol::Zero => self.write_place(out),
                Symbol::Point => self.write_point(out),
                Symbol::Percent => out.push('%'),
                Symbol::PerMille => out.push('‰'),
                Symbol::Literal(literal) => out.push_str(literal),
                Symbol::Other(other) => out.push(other),
                Symbol::Exponent(letter) => self.write_exponent(letter, &mut symbols, out),
                Symbol::Comma => {}
                Symbol::End => break,
            }
        }
    }

    /// Digits for which the format has no places are written before the first place.
    fn write_surplus(&mut self, out: &mut String) {
        while self.adjust > 0 {
            let digit = self.digit().unwrap_or('0');
            self.write_digit(digit, out);
            self.adjust -= 1;
        }
    }

    fn write_place(&mut self, out: &mut String) {
        let digit = if self.adjust < 0 {
            self.adjust += 1;
            (self.place <= self.plan.first).then_some('0')
        } else {
            self.digit().or((self.place > self.plan.last).then_some('0'))
        };
        match digit {
            Some(digit) => self.write_digit(digit, out),
            None => self.place -= 1,
        }
    }

    fn write_digit(&mut self, digit: char, out: &mut String) {
        out.push(digit);
        self.place -= 1;
        if self.plan.grouped && self.place > 0 && self.place % GROUP == 0 && self.place < self.top {
            out.push(',');
        }
    }

    fn write_point(&mut self, out: &mut String) {
        // Only the first point counts, and only if decimals follow it.
        let decimals =
            self.plan.last < 0 || (self.plan.whole < self.plan.places && self.digits.at(self.next).is_some());
        if self.place == 0 && !self.point_written && decimals {
            out.push('.');
            self.point_written = true;
        }
    }

    fn write_exponent(&mut self, letter: char, symbols: &mut Symbols<'_>, out: &mut String) {
        match symbols.exponent() {
            Some((plus, zeros, len)) if self.scientific => {
                symbols.cut(len);
                let exponent = if self.digits.is_zero() { 0 } else { self.digits.scale - self.plan.whole };
                write_exponent(exponent, letter, plus, zeros.min(EXPONENT_DIGITS_MAX), out);
                self.scientific = false;
            }
            // A second exponent is text.
            Some((_, _, len)) => {
                out.push(letter);
                out.push_str(symbols.cut(len));
            }
            None => {
                out.push(letter);
                if !self.scientific && symbols.0.starts_with(['+', '-']) {
                    out.push_str(symbols.cut(1));
                }
            }
        }
    }

    fn digit(&mut self) -> Option<char> {
        let digit = self.digits.at(self.next)?;
        self.next += 1;
        Some(digit)
    }
}
