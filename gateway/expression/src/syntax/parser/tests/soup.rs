//! Sources that nobody would write: words of C# in any order, cut and put together anew.

#[rustfmt::skip]
const WORDS: [&str; 137] = [
    "(", ")", "[", "]", "{", "}", "(", ")", "{", "}", ";", ";", ",", ".", ":", "::", "?", "?.", "??",
    "??=", "..", "=>", "=", "==", "!=", "<", ">", "<=", ">=", ">>", "<<", ">>=", "+", "-", "*", "/", "%",
    "&", "|", "^", "!", "~", "&&", "||", "++", "--", "+=", "->", "$\"", "$@\"", "@\"", "\"", "'", "{{",
    "}}", "\\", "\\u0061", "@", "$", "#", "#if", "//", "/*", "*/", "\n", "\r", "\u{2028}", "\u{feff}",
    "é", "😀", "a", "b", "a", "b", "_", "var", "dynamic", "when", "and", "or", "not", "from", "await",
    "async", "yield", "nameof", "record", "with", "global", "elseif", "1", "0x", "1.5e3", "2147483648",
    "99999999999999999999", "1_", ".5", "'a'", "\"s\"", "$\"{a,1:N2}\"", "\"\"\"", "null", "true", "int",
    "string", "new", "is", "as", "if", "else", "for", "foreach", "in", "while", "do", "switch", "case",
    "default", "try", "catch", "finally", "using", "return", "break", "throw", "const", "out", "ref",
    "typeof", "checked", "delegate", "lock", "goto", "class", "static", "this", "List<int>",
];

/// Sources to take pieces of.
const PIECES: [&str; 12] = [
    "var a = (int)b + c?.d[0]?.e<F>(out var g, h: i) ?? throw new E(\"x\");",
    "foreach (KeyValuePair<string, int[]> p in q) { if (p.Key is string s && !s.Equals(\"\")) continue; else break; }",
    "switch (a) { case 1: case T t when t.b > 1: return; default: throw; }",
    "try { f(); } catch (A.B e) when (e.c) { } catch { } finally { g(); }",
    "for (int i = 0, j = 1; i < n; i++, j--) { x[i] = y >> j; }",
    "using (var m = new M { A = 1, [\"b\"] = { 1, { 2, 3 } } }) { m.n(); }",
    "return $\"a{b,-5:N2}{(c ? \"d\" : $@\"{e}\"\"\")}\";",
    "Func<int, bool> f = (x) => x == 1 || x.y(z => { return z; });",
    "int[] a = { 1, 2 }; var b = new[] { new { c = 1, d.e } };",
    "bool g(int? a, (int b, string c) d = default) => a is null ? true : false;",
    "a(b < c > (d), e < f, g > (h) < i, j < k && l > m);",
    "checked { do { x -= -1; } while (nameof(a.b) != @\"c\"\"d\"); }",
];

/// Makes a source out of a stream of random numbers: anything, or something that is nearly right.
pub fn source(mut random: impl FnMut() -> u32) -> String {
    let mut pick = |below: usize| random() as usize % below.max(1);
    if pick(2) == 0 { nearly_right(&mut pick) } else { anything(&mut pick) }
}

fn nearly_right(pick: &mut impl FnMut(usize) -> usize) -> String {
    let mut text = String::from("@{ ");
    for _ in 0..=pick(4) {
        text += PIECES[pick(PIECES.len())];
        text += "\n";
    }
    text.push('}');
    for _ in 0..pick(3) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = pick(boundaries.len());
        match pick(2) {
            0 => text.insert_str(boundaries[at], WORDS[pick(WORDS.len())]),
            _ => {
                let end = (at + pick(6)).min(boundaries.len() - 1);
                text.replace_range(boundaries[at]..boundaries[end], "");
            }
        }
    }
    text
}

fn anything(pick: &mut impl FnMut(usize) -> usize) -> String {
    let (open, close) = if pick(2) == 0 { ("@(", ")") } else { ("@{", "}") };
    let mut text = String::from(open);
    for _ in 0..=pick(24) {
        match pick(8) {
            0..5 => text += WORDS[pick(WORDS.len())],
            5 => text.extend(char::from_u32(pick(0x3000) as u32)),
            _ => {
                let chars: Vec<char> = PIECES[pick(PIECES.len())].chars().collect();
                let start = pick(chars.len());
                text.extend(&chars[start..start + pick(chars.len() - start)]);
            }
        }
        if pick(3) == 0 {
            text.push(' ');
        }
    }
    if pick(8) != 0 {
        text += close;
    }
    text
}
