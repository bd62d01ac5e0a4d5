//! Expressions made up, and what must hold of each. Used by a test and by `examples/fuzz_evaluate.rs`.

#[cfg(test)]
use crate as hanse_expression;
use hanse_expression::arena::Arena;
use hanse_expression::fixture::Fixture;
use hanse_expression::program::{Program, compile};
use hanse_expression::run::{CALL_DEPTH_MAX, Cx, Limits, Stop};

const MEMORY: usize = 512 * 1024;
const LIMITS: Limits = Limits { steps: 20_000, depth: CALL_DEPTH_MAX };

/// What became of them.
#[derive(Debug, Default)]
pub struct Told {
    pub refused: u64,
    pub gave: u64,
    pub threw: u64,
    pub limited: u64,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.roll() % count as u64).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Types that the grammar knows, each with forms that give it. `#n` is a nested one: `i` int, `s` string,
/// `b` bool, `o` object, `l` a list of int, `q` a sequence of int, `d` double, `n` int?, `j` JToken,
/// `c` char, `f` Func of int to int, `m` decimal, `y` dynamic.
const FORMS: &[(char, &[&str])] = &[
    (
        'i',
        &[
            "1",
            "0",
            "-7",
            "int.MaxValue",
            "x",
            "y",
            "#s.Length",
            "#l.Count",
            "(#i + #i)",
            "(#i - #i)",
            "(#i * #i)",
            "(#i / #i)",
            "(#i % #i)",
            "(#i << #i)",
            "(#i & #i)",
            "~#i",
            "-#i",
            "(#b ? #i : #i)",
            "#q.Sum()",
            "#q.Count()",
            "#q.FirstOrDefault()",
            "(int)#d",
            "(int)#o",
            "(int)#j",
            "(#n ?? #i)",
            "#f(#i)",
            "int.Parse(#s)",
            "#s.IndexOf(#s)",
            "Math.Max(#i, #i)",
            "(x = #i)",
            "(x += #i)",
            "x++",
            "--y",
            "unchecked(#i + #i)",
            "checked(#i * #i)",
            "(int)#c",
            "#s.CompareTo(#s)",
            "#q.Aggregate(#i, (a, b) => a + #i)",
            "(int)#m",
            "(int)#y",
            "new[] { #i, #i }[#i]",
            "#l[#i]",
            "#o.GetHashCode() * 0",
            "(#o is int k1 ? k1 : #i)",
            "fact(#i)",
            "(byte)x",
            "int.TryParse(#s, out y) ? y : #i",
            "Convert.ToInt32(#s)",
            "#s[#i]",
            "(int)(long)#i",
        ],
    ),
    (
        's',
        &[
            "\"\"",
            "\"abc\"",
            "\"12\"",
            "\"äöü€\"",
            "t",
            "(#s + #s)",
            "(#s + #i)",
            "(#s + #o)",
            "#i.ToString()",
            "$\"{#i,5}{#s}{#d:F2}\"",
            "#s.Substring(#i)",
            "#s.ToUpper()",
            "#s.Replace(#s, #s)",
            "string.Join(#s, #q)",
            "(#b ? #s : #s)",
            "(#s ?? #s)",
            "#o?.ToString()",
            "(string)#o",
            "(string)#j",
            "string.Format(\"{0}|{1}\", #o, #i)",
            "(t = #s)",
            "(t += #s)",
            "#s.PadLeft(#i)",
            "new string(#c, #i)",
            "#s.Trim(#c)",
            "(#o as string)",
            "string.Concat(#q)",
            "#m.ToString()",
            "#n.ToString()",
            "#j.ToString()",
            "Convert.ToString(#d)",
            "#s?.Trim()?.ToLower()",
            "(#o is string k2 ? k2 : #s)",
            "context.Request.Method",
            "#d.ToString(\"N\")",
            "#s.Split(#c)[0]",
        ],
    ),
    (
        'b',
        &[
            "true",
            "false",
            "(#i < #i)",
            "(#i == #i)",
            "(#s == #s)",
            "(#d >= #d)",
            "!#b",
            "(#b && #b)",
            "(#b || #b)",
            "(#b ^ #b)",
            "(#o is int)",
            "(#o == null)",
            "#s.Contains(#s)",
            "#q.Any()",
            "#q.All(a => a > #i)",
            "(#n > #i)",
            "(#n == null)",
            "#l.Contains(#i)",
            "#o.Equals(#o)",
            "(#o is string)",
            "(#c == #c)",
            "(#m < #m)",
            "string.IsNullOrEmpty(#s)",
            "(#n == #n)",
            "(#j == null)",
            "#q.SequenceEqual(#q)",
            "(bool)(#y == #i)",
            "(new { A = #i }.Equals(new { A = #i }))",
        ],
    ),
    (
        'o',
        &[
            "o",
            "(object)#i",
            "(object)#s",
            "(object)#b",
            "(object)#d",
            "null",
            "new { A = #i, B = #s }",
            "(object)#l",
            "(object)#c",
            "(o = #s)",
            "(object)#n",
            "new object()",
            "Tuple.Create(#i, #s)",
            "(object)(#i, #s)",
            "(object)#j",
            "(object)#y",
            "new KeyValuePair<int, string>(#i, #s)",
            "(#b ? (object)#i : #s)",
            "new Dictionary<string, int> { { #s, #i } }",
            "new Dictionary<string, object> { [#s] = #o }",
            "new[] { #o }",
        ],
    ),
    (
        'l',
        &[
            "l",
            "new List<int> { #i, #i }",
            "#q.ToList()",
            "new List<int>()",
            "new List<int>(#q)",
            "#l.FindAll(a => #b)",
            "#l.ConvertAll(a => a + #i)",
        ],
    ),
    (
        'q',
        &[
            "l",
            "#l",
            "new[] { #i, #i, #i }",
            "#q.Select(a => a + #i)",
            "#q.Where(a => #b)",
            "#q.OrderBy(a => a % 3)",
            "#q.Distinct()",
            "#q.Take(#i)",
            "#q.Skip(#i)",
            "#q.Concat(#q)",
            "Enumerable.Range(#i, 5)",
            "Enumerable.Range(0, #i)",
            "#q.Reverse()",
            "#q.SelectMany(a => #q)",
            "#q.GroupBy(a => a % 2).Select(g => g.Sum())",
            "#s.Select(c => (int)c)",
            "#q.Union(#q)",
            "#q.Zip(#q, (a, b) => a * b)",
            "Enumerable.Repeat(#i, #i)",
            "#q.OrderByDescending(a => a).ThenBy(a => -a)",
        ],
    ),
    (
        'd',
        &[
            "1.5",
            "0.0",
            "double.NaN",
            "(double)#i",
            "(#d + #d)",
            "(#d / #d)",
            "(#d * #i)",
            "Math.Sqrt(#d)",
            "#q.Average()",
            "(#i * 0.1)",
            "Math.Round(#d, 2)",
            "(float)#d",
        ],
    ),
    (
        'n',
        &[
            "n",
            "(int?)null",
            "(int?)#i",
            "(#n + #n)",
            "(#n * #i)",
            "#s?.Length",
            "(n = #i)",
            "(#b ? #n : null)",
            "n++",
            "-#n",
            "(int?)#j",
        ],
    ),
    (
        'j',
        &[
            "j",
            "j[#s]",
            "j[\"a\"]",
            "new JObject { { \"a\", #i } }",
            "new JArray { #i, #s }",
            "JToken.FromObject(#i)",
            "j[\"b\"]?[#i]",
            "JObject.Parse(\"{\\\"a\\\":[1,2]}\")",
            "(JToken)#s",
            "(j[\"a\"] = #i)",
            "JToken.Parse(#s)",
        ],
    ),
    ('c', &["'a'", "'\\0'", "(char)#i", "#s[#i]", "#s.FirstOrDefault()", "char.ToUpper(#c)"]),
    (
        'f',
        &[
            "f",
            "((Func<int, int>)(a => a + #i))",
            "((Func<int, int>)(a => a + x++))",
            "((Func<int, int>)(a => { x += a; return #i; }))",
            "(#b ? f : f)",
        ],
    ),
    (
        'm',
        &[
            "1.5m",
            "(decimal)#i",
            "(#m + #m)",
            "(#m / #m)",
            "(#m * #i)",
            "decimal.MaxValue",
            "Math.Round(#m)",
            "-#m",
        ],
    ),
    (
        'y',
        &[
            "u",
            "(dynamic)#i",
            "(dynamic)#s",
            "(#y + #i)",
            "(#y + #y)",
            "u.a",
            "(dynamic)#o",
            "#y.ToString()",
            "(u = #i)",
        ],
    ),
];

/// Statements; `@` is a nested one.
const STATEMENTS: &[&str] = &[
    "x = #i;",
    "y += #i;",
    "t = #s;",
    "o = #o;",
    "l.Add(#i);",
    "n = #n;",
    "f = a => a + #i;",
    "if (#b) { @ }",
    "if (#b) @ else { @ }",
    "for (int p = 0; p < #i; p++) { @ }",
    "foreach (var p in #q) { @ }",
    "while (#b) { @ }",
    "do { @ } while (#b);",
    "try { @ } catch { @ }",
    "try { @ } finally { @ }",
    "try { @ } catch (FormatException e) when (#b) { @ } catch (Exception e) { t = e.Message; }",
    "switch (#i) { case 1: @ break; case 2: case 3: { @ break; } default: @ break; }",
    "switch (#s) { case \"a\": @ break; case null: break; }",
    "switch (#o) { case int k when k > #i: x = k; break; case string k: t = k; break; default: @ break; }",
    "{ @ @ }",
    "return #i;",
    "return #o;",
    "throw new Exception(#s);",
    "throw null;",
    "{ int v = #i; f = a => a + v++; @ }",
    "{ var w = #q; foreach (int p in w) x += p; }",
    "j[#s] = #i;",
    "u = #y;",
    "x++;",
    "l[#i] = #i;",
    "if (#o is int z1 && z1 > 0) { x = z1; }",
    "{ int.TryParse(#s, out var v); f = a => v; }",
    "using (SHA256.Create()) { @ }",
    "foreach (var p in l) { @ }",
    "l.Sort((a, b) => #i);",
    "{ const int K = 5; x = K * #i; }",
    "u.a = #i;",
    "{ int G(int a) { x += a; return a > 0 ? G(a - 2) : x; } y = G(#i); }",
    "while (true) { if (#b) break; @ }",
    "foreach (var p in l) { if (#b) continue; @ }",
];

const BEFORE: &str = "int x = 3, y = 5; string t = \"q\"; object o = 7; var l = new List<int> { 1, 2 }; int? n = 4; Func<int, int> f = a => a * 2; \
                      JToken j = JObject.Parse(\"{\\\"a\\\":1,\\\"b\\\":[1,2]}\"); dynamic u = new JObject(); int fact(int a) => a < 2 ? 1 : a * fact(a - 1); ";

/// Text with its `#` and `@` filled in.
fn grow(dice: &mut Dice, text: &str, depth: usize, out: &mut String) {
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '#' => {
                // Now and then something of another type.
                let mut kind = chars.next().unwrap_or('i');
                if dice.below(60) == 0 {
                    kind = FORMS[dice.below(FORMS.len())].0;
                }
                let forms = FORMS.iter().find(|it| it.0 == kind).map_or(&["1"][..], |it| it.1);
                let leaf = |form: &&&str| !form.contains('#');
                let form = match depth {
                    0 => dice.pick(&forms.iter().filter(leaf).collect::<Vec<_>>()),
                    _ => &dice.pick(forms),
                };
                grow(dice, form, depth.saturating_sub(1), out);
            }
            '@' => match depth {
                0 => out.push_str("x++;"),
                _ => {
                    let statement = dice.pick(STATEMENTS);
                    grow(dice, statement, depth - 1, out);
                }
            },
            other => out.push(other),
        }
    }
}

fn grown(dice: &mut Dice) -> String {
    let mut out = String::new();
    let count = 1 + dice.below(3);
    for _ in 0..count {
        let depth = 1 + dice.below(4);
        grow(dice, "@ ", depth, &mut out);
    }
    let kind = FORMS[dice.below(FORMS.len())].0;
    grow(dice, &format!("return #{kind};"), 3, &mut out);
    format!("@{{ {BEFORE}{out} }}")
}

/// Takes pieces out, doubles them, and puts others in.
fn mutated(dice: &mut Dice, source: &str) -> String {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "{",
        "}",
        ";",
        ".",
        "?.",
        "??",
        "=>",
        "x",
        "null",
        "1",
        "\"a\"",
        "int",
        "var ",
        "return ",
        "[0]",
        ",",
        "+",
        "++",
        "=",
        "==",
        "!",
        "is ",
        "as ",
        "new ",
        "default",
        "throw ",
        "(object)",
        "(string)",
        "break;",
        "context",
        "out ",
        "dynamic ",
        "checked(",
        "case ",
        "?",
        ":",
        "'",
        "$\"{",
        "@\"",
        "#",
        "€",
        "0x7fffffff",
        "1e400",
        "\\u0041",
        "await ",
        "ref ",
        "delegate ",
        "/*",
        "//",
    ];
    let mut tokens: Vec<String> = Vec::new();
    for char in source.chars() {
        match tokens.last_mut() {
            Some(last) if char.is_alphanumeric() && last.chars().all(char::is_alphanumeric) => {
                last.push(char)
            }
            _ => tokens.push(char.to_string()),
        }
    }
    for _ in 0..=dice.below(3) {
        let at = 2 + dice.below(tokens.len() - 3);
        match dice.below(4) {
            0 => {
                tokens.remove(at);
            }
            1 => tokens.insert(at, dice.pick(PIECES).to_owned()),
            2 => tokens[at] = dice.pick(PIECES).to_owned(),
            _ => {
                let other = tokens[2 + dice.below(tokens.len() - 3)].clone();
                tokens[at] = other;
            }
        }
        if tokens.len() < 8 {
            break;
        }
    }
    tokens.concat()
}

/// What a run gave, in words.
fn run(program: &Program, source: &str, told: &mut Told) -> String {
    let arena = Arena::new(MEMORY);
    let fixture = Fixture::new(&arena, serde_json::json!({ "request": { "body": "{\"a\":1}" } }))
        .expect("a description");
    let mut cx = Cx::new(&arena, &fixture, LIMITS);
    let result =
        program.run(&mut cx).and_then(|value| Ok((value, hanse_expression::run::to_text(&mut cx, value)?)));
    let shown = match result {
        Ok((value, text)) => {
            told.gave += 1;
            // Of `new object()` and the like nothing is the same twice.
            format!("{} {text}", hanse_expression::run::type_name(value))
        }
        Err(Stop::Throw(exception)) => {
            told.threw += 1;
            format!("throw {} {}", exception.ty, exception.message)
        }
        Err(Stop::Awaits(part)) => format!("awaits {part:?}"),
        Err(Stop::Limit(limit)) => {
            told.limited += 1;
            limit.to_string()
        }
    };
    assert!(cx.steps_used() <= LIMITS.steps, "{source}");
    assert!(arena.left() <= MEMORY, "{source}");
    shown
}

/// Makes one up and checks it.
pub fn once(seed: u64, told: &mut Told) {
    let mut dice = Dice(seed);
    let mut source = grown(&mut dice);
    if dice.below(2) == 0 {
        source = mutated(&mut dice, &source);
    }
    let source = source.as_str();
    // Whoever panics says over what.
    let guard = Shown(source);
    let checked = compile(source, None);
    assert_eq!(checked.program.is_none(), checked.errors().next().is_some(), "{source}");
    for diagnostic in &checked.diagnostics {
        assert!(source.get(diagnostic.span.start..diagnostic.span.end).is_some(), "{source} {diagnostic:?}");
        assert!(!diagnostic.message.is_empty(), "{source} {diagnostic:?}");
    }
    match &checked.program {
        None => told.refused += 1,
        Some(program) => {
            let (one, two) = (run(program, source, told), run(program, source, &mut Told::default()));
            assert_eq!(one, two, "{source}");
        }
    }
    std::mem::forget(guard);
}

/// Prints the expression when it is dropped: on a panic.
struct Shown<'s>(&'s str);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("over: {}", self.0);
    }
}
