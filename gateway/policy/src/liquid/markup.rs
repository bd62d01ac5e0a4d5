//! Words of what stands between `{{ }}` and `{% %}`.

/// A word of markup.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Name(String),
    Text(String),
    Int(i64),
    Float(f64),
    /// `==`, `|`, `..` and the like.
    Sign(&'static str),
}

/// Longest first. Documents whose bodies are XML keep `&lt;` as it is written.
const SIGNS: [(&str, &str); 24] = [
    ("&lt;=", "<="),
    ("&gt;=", ">="),
    ("&lt;&gt;", "!="),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("==", "=="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("..", ".."),
    ("<", "<"),
    (">", ">"),
    ("|", "|"),
    (":", ":"),
    (",", ","),
    (".", "."),
    ("[", "["),
    ("]", "]"),
    ("(", "("),
    (")", ")"),
    ("=", "="),
    ("?", "?"),
    ("-", "-"),
];
const QUOTES: [(&str, &str); 4] = [("\"", "\""), ("'", "'"), ("&quot;", "&quot;"), ("&apos;", "&apos;")];

/// The words of a text, or what cannot be one.
pub(super) fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    'words: loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(words) };
        if first.is_ascii_digit() || (first == '-' && starts_number(&rest[1..], &words)) {
            rest = number(rest, &mut words)?;
            continue;
        }
        if first.is_alphabetic() || matches!(first, '_' | '@' | '#') {
            let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '@' | '#' | '$');
            let end = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
            words.push(Word::Name(rest[..end].to_owned()));
            rest = &rest[end..];
            continue;
        }
        for (open, close) in QUOTES {
            if let Some(inner) = rest.strip_prefix(open) {
                let (inside, after) = inner
                    .split_once(close)
                    .ok_or_else(|| format!("a text that begins with {open} does not end"))?;
                words.push(Word::Text(inside.to_owned()));
                rest = after;
                continue 'words;
            }
        }
        for (written, sign) in SIGNS {
            if let Some(after) = rest.strip_prefix(written) {
                words.push(Word::Sign(sign));
                rest = after;
                continue 'words;
            }
        }
        return Err(format!("`{first}` means nothing here"));
    }
}

/// Whether a `-` belongs to a number.
fn starts_number(rest: &str, before: &[Word]) -> bool {
    rest.starts_with(|char: char| char.is_ascii_digit()) && !matches!(before.last(), Some(Word::Sign("..")))
}

fn number<'t>(text: &'t str, words: &mut Vec<Word>) -> Result<&'t str, String> {
    let sign = usize::from(text.starts_with('-'));
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut end = digits(sign);
    let mut is_whole = true;
    // `1..5` is a range.
    if text[end..].starts_with('.') && text[end + 1..].starts_with(|char: char| char.is_ascii_digit()) {
        end = digits(end + 1);
        is_whole = false;
    }
    let (written, rest) = text.split_at(end);
    words.push(match written.parse() {
        Ok(number) if is_whole => Word::Int(number),
        _ => Word::Float(written.parse().map_err(|_| format!("`{written}` is not a number"))?),
    });
    Ok(rest)
}
