//! Tables in text: matches as `[start+length]` in UTF-16 units, one for each group, `-` for none.

use proptest::prelude::*;

use super::*;

const STEPS: u64 = 2_000_000;

fn options(letters: &str) -> Options {
    letters.chars().fold(Options::NONE, |options, letter| {
        options.with(match letter {
            'i' => Options::IGNORE_CASE,
            'm' => Options::MULTILINE,
            'n' => Options::EXPLICIT_CAPTURE,
            's' => Options::SINGLELINE,
            'x' => Options::IGNORE_PATTERN_WHITESPACE,
            'e' => Options::ECMA_SCRIPT,
            other => panic!("no option {other}"),
        })
    })
}

fn print(text: &str, spans: &[Span]) -> String {
    let print = |span: &Span| {
        let start = utf16_index(text, span.start);
        format!("{start}+{}", utf16_index(text, span.end) - start)
    };
    if spans.is_empty() { "-".to_owned() } else { spans.iter().map(print).collect::<Vec<_>>().join(";") }
}

fn search(pattern: &str, letters: &str, text: &str) -> Result<String, RegexError> {
    let regex = Regex::new(pattern, options(letters))?;
    let found: Vec<Match> = regex.matches(text, 0, &mut Budget::new(STEPS)).collect::<Result<_, _>>()?;
    assert_eq!(regex.is_match(text, &mut Budget::new(STEPS))?, !found.is_empty(), "{pattern}");
    let line = |found: &Match| {
        let lists = regex.captures(text, found, &mut Budget::new(STEPS))?;
        Ok(format!("[{}]", lists.iter().map(|list| print(text, list)).collect::<Vec<_>>().join(" ")))
    };
    Ok(found.iter().map(line).collect::<Result<Vec<_>, RegexError>>()?.join(" "))
}

fn check(cases: &[(&str, &str, &str, &str)]) {
    for (pattern, letters, text, expected) in cases {
        assert_eq!(
            search(pattern, letters, text).as_deref(),
            Ok(*expected),
            "{pattern} ({letters}) on {text:?}"
        );
    }
}

#[test]
fn anchors_and_options() {
    check(&[
        (r"a$", "", "a\n", "[0+1]"),
        (r"a\Z", "", "a\n", "[0+1]"),
        (r"a\z", "", "a\n", ""),
        (r"$", "", "a\n", "[1+0] [2+0]"),
        (r"^a$", "m", "a\na\r\na", "[0+1] [5+1]"),
        (r"^b", "", "a\nb", ""),
        (r"\Ab|\Ga", "", "aab", "[0+1] [1+1]"),
        (r".", "", "\r\n", "[0+1]"),
        (r".", "s", "\r\n", "[0+1] [1+1]"),
        (r"a B", "x", "aB", "[0+2]"),
        ("a # comment )\n b", "x", "ab", "[0+2]"),
        (r"a (?# free ) +", "x", "aa", "[0+2]"),
        (r"(a)(?<x>b)", "n", "ab", "[0+2 1+1]"),
        (r"É", "i", "é", "[0+1]"),
        (r"(?i)a(?-i)b|(?i:c)d", "", "AB Ab Cd CD", "[3+2] [6+2]"),
        (r"(a(?i)b)c", "", "aBc aBC", "[0+3 0+2]"),
        (r"[a-c]+", "i", "aBC", "[0+3]"),
        (r"[^a]", "i", "A", ""),
        (r"\bw+\b", "", "www w-xw", "[0+3] [4+1]"),
        (r"\d", "", "٣3", "[0+1] [1+1]"),
        (r"\d|\w|\s", "e", "٣é\u{A0}_", "[3+1]"),
        (r"a*", "", "baac", "[0+0] [1+2] [3+0] [4+0]"),
    ]);
}

#[test]
fn groups_are_numbered_as_in_dotnet() {
    check(&[
        (r"(?<n>a)(b)", "", "ab", "[0+2 1+1 0+1]"),
        (r"(?'n'a)\k<n>\k'n'\<n>", "", "aaaa", "[0+4 0+1]"),
        (r"(?<n>a)|(?<n>b)", "", "ab", "[0+1 0+1] [1+1 1+1]"),
        (r"(\w)+", "", "abc", "[0+3 0+1;1+1;2+1]"),
        (r"(?:(a)|b)*", "", "ab", "[0+2 0+1] [2+0 -]"),
        (r"(a)|(b)", "", "b", "[0+1 - 0+1]"),
        (r"(){2,}", "", "", "[0+0 0+0;0+0]"),
        (r"(?<a>(?'a'a*))", "", "a", "[0+1 0+1;0+1] [1+0 1+0;1+0]"),
        (r"(a)\1(?(1)b|c)", "", "aab", "[0+3 0+1]"),
        (r"(?<q>x)?(?(q)y|z)", "", "xy z", "[0+2 0+1] [3+1 -]"),
        (r"(?(?=a)ab|c)", "", "abc", "[0+2] [2+1]"),
        (r"(?(a)ab|c)", "", "abc", "[0+2] [2+1]"),
        (r"(a)\10|\101", "", "aA", "[1+1 -]"),
        (r"(\2)(a)|\1", "e", "a", "[0+0 - -] [1+0 - -]"),
    ]);
    let regex = Regex::new(r"(?<z>a)(b)(?<7>c)(?<2>d)", Options::NONE).unwrap();
    let listed: Vec<_> =
        regex.groups().iter().map(|group| format!("{}={}", group.number, group.name)).collect();
    assert_eq!(listed, ["0=0", "1=1", "2=2", "3=z", "7=7"]);
    assert_eq!(
        (regex.slot_of_number(7), regex.slot_of_name("z"), regex.slot_of_number(4)),
        (Some(4), Some(3), None)
    );
}

#[test]
fn what_needs_memory_or_sight() {
    check(&[
        (r"(?<=a)b|(?<!a)c", "", "abac", "[1+1]"),
        (r"(?<=(a+)b*)c", "", "aabc", "[3+1 0+2]"),
        (r"(?=(a+))a*b\1", "", "baaabac", "[3+3 3+1]"),
        (r"(?>a+)ab", "", "aab", ""),
        (r"(?>a+)b", "", "aab", "[0+3]"),
        (r"(?!a)[ab]", "", "ab", "[1+1]"),
        (r"(ab)\1", "i", "abAB", "[0+4 0+2]"),
        (r"(a*)*b", "", "aab", "[0+3 0+2;2+0]"),
        (r"a{2}?b{,3}{x", "", "aab{,3}{x", "[0+9]"),
        (r"a+?b??", "", "aab", "[0+1] [1+1]"),
        (r"<.+?>", "", "<a><b>", "[0+3] [3+3]"),
        (r"b(?<=(?(b)\d|a??))", "", "-B2b", ""),
        (r"😀.", "", "😀a", "[0+3]"),
    ]);
}

#[test]
fn sets_of_characters() {
    check(&[
        (r"[a-z-[aeiou]]+", "", "abcde", "[1+3]"),
        (r"[\w-[\d]]", "", "1a", "[1+1]"),
        (r"[]a]", "", "]", "[0+1]"),
        (r"[^]a]", "", "]b", "[1+1]"),
        (r"[a\-c]", "", "b-", "[1+1]"),
        (r"[\d-z]", "", "-5", "[0+1] [1+1]"),
        (r"[[:alpha:]b]+", "", "[:alphb", "[0+1] [6+1]"),
        (r"\p{Lu}\P{Lu}", "", "aBc", "[1+2]"),
        (r"\p{IsGreek}+", "", "aαβ", "[1+2]"),
        (r"[\p{IsCyrillic}\x41]", "", "AЯ", "[0+1] [1+1]"),
        (r"\x41\u0042\103\cA\t", "", "ABC\u{1}\t", "[0+5]"),
        (r"\uD83D\uDE00", "", "😀", "[0+2]"),
        (r"[\s]", "", "a\u{85}\u{A0}\u{2028}", "[1+1] [2+1] [3+1]"),
        (r"\w", "", "\u{301}_Ⅷ", "[0+1] [1+1]"),
    ]);
}

#[test]
fn wrong_patterns_are_refused_in_dotnets_words() {
    for (pattern, reason) in [
        ("a**", "Nested quantifier *."),
        ("a{2}{3}", "Nested quantifier {."),
        ("(", "Not enough )'s."),
        (")", "Too many )'s."),
        ("[a", "Unterminated [] set."),
        ("*a", "Quantifier {x,y} following nothing."),
        ("(?i)*", "Quantifier {x,y} following nothing."),
        ("a{3,2}", "Illegal {x,y} with x > y."),
        ("a\\", "Illegal \\ at end of pattern."),
        ("\\q", "Unrecognized escape sequence \\q."),
        ("(?P<a>x)", "Unrecognized grouping construct."),
        ("(?(?=a)(?i)b)", "Unrecognized grouping construct."),
        ("\\1", "Reference to undefined group number 1."),
        ("\\k<n>", "Reference to undefined group name n."),
        ("\\k", "Malformed \\k<...> named back reference."),
        ("(?<>x)", "Invalid group name: Group names must begin with a word character."),
        ("(?<1a>x)", "Invalid group name: Group names must begin with a word character."),
        ("(?#a", "Unterminated (?#...) comment."),
        ("[b-a]", "[x-y] range in reverse order."),
        ("[a-\\d]", "Cannot include class \\d in character range."),
        ("[a-z-[b]c]", "A subtraction must be the last element in a character class."),
        ("\\p{L", "Incomplete \\p{X} character escape."),
        ("\\pLuu", "Malformed \\p{X} character escape."),
        ("\\p{Foo}", "Unknown property 'Foo'."),
        ("\\x4", "Insufficient hexadecimal digits."),
        ("\\c", "Missing control character."),
        ("\\c!", "Unrecognized control character."),
        ("(?<0>x)", "Capture number cannot be zero."),
        ("(?(1)a)", "(?(1) ) reference to undefined group."),
        ("(a)(?(1)a|b|c)", "Too many | in (?()|)."),
        ("(?(?<a>x)a)", "Alternation conditions do not capture and cannot be named."),
        ("(?(?#x)a)", "Alternation conditions cannot be comments."),
        ("a{99999999999}", "Capture group numbers must be less than or equal to Int32.MaxValue."),
    ] {
        let error = Regex::new(pattern, Options::NONE).unwrap_err();
        assert_eq!(error.to_string(), format!("parsing \"{pattern}\" - {reason}"));
        assert_eq!(error.exception(), "System.ArgumentException");
    }
    for (bits, is_known) in
        [(0, true), (1023 - 128 - 256, true), (1024, false), (128, false), (256 | 16, false)]
    {
        assert_eq!(Options::from_bits(bits).is_ok(), is_known, "{bits}");
    }
    for (pattern, options) in [("(?<a-b>x)", Options::NONE), ("a", Options::RIGHT_TO_LEFT)] {
        let error = Regex::new(pattern, options).unwrap_err();
        assert!(matches!(error, RegexError::Unsupported(_)), "{error}");
    }
}

#[test]
fn replacements_name_groups_or_stand_for_themselves() {
    for (pattern, text, replacement, expected) in [
        (r"(\w)(?<n>\d)", "a1 b2", "${n}$1", "1a 2b"),
        ("b", "abc", "<$&$$>", "a<b$>c"),
        ("b", "abc", "[$`|$'|$_]", "a[a|c|abc]c"),
        ("(a)(b)?", "ab a", "$+", "b "),
        ("a", "a", "$1 ${x} ${ $x $", "$1 ${x} ${ $x $"),
        ("(a)", "a", "$10 ${1}0 $01", "$10 a0 a"),
        ("", "ab", "-", "-a-b-"),
        ("x", "ab", "-", "ab"),
    ] {
        let regex = Regex::new(pattern, Options::NONE).unwrap();
        let found = regex.replace(text, 0, &regex.replacement(replacement), None, &mut Budget::new(STEPS));
        assert_eq!(found.as_deref(), Ok(expected), "{pattern} {replacement}");
    }
    let regex = Regex::new("a", Options::NONE).unwrap();
    let twice = regex.replace("aaa", 0, &regex.replacement("b"), Some(2), &mut Budget::new(STEPS));
    assert_eq!(twice.as_deref(), Ok("bba"));
    let ecma = Regex::new("(a)", Options::ECMA_SCRIPT).unwrap();
    assert_eq!(
        ecma.replace("a", 0, &ecma.replacement("$10"), None, &mut Budget::new(STEPS)).as_deref(),
        Ok("a0")
    );
}

#[test]
fn splits_keep_what_groups_captured() {
    for (pattern, text, count, expected) in [
        (",", "a,b,,c", 0, "a|b||c"),
        ("(,)(x)?", "a,b", 0, "a|,|b"),
        (",", "a,b,c", 2, "a|b,c"),
        (",", "a,b,c", 1, "a,b,c"),
        ("", "ab", 0, "|a|b|"),
        ("x", "ab", 0, "ab"),
    ] {
        let regex = Regex::new(pattern, Options::NONE).unwrap();
        let pieces = regex.split(text, 0, count, &mut Budget::new(STEPS)).unwrap();
        assert_eq!(pieces.join("|"), expected, "{pattern} {count}");
    }
}

#[test]
fn escape_and_unescape() {
    assert_eq!(escape("a.b*[c] d\n#}-é"), r"a\.b\*\[c]\ d\n\#}-é");
    for (text, expected) in [
        (r"\.\x41\n\101\u20ac\ ", Some(".A\nA€ ")),
        ("plain", Some("plain")),
        (r"\q", None),
        ("\\", Some("")),
    ] {
        assert_eq!(unescape(text).ok().as_deref(), expected, "{text}");
    }
}

#[test]
fn everything_is_bounded() {
    let bytes = |len: usize| Regex::new(&"a".repeat(len), Options::NONE).map(|_| ());
    assert_eq!(bytes(PATTERN_BYTES_MAX), Ok(()));
    assert!(matches!(bytes(PATTERN_BYTES_MAX + 1), Err(RegexError::TooLarge { .. })));
    // The pattern itself is the first level.
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth - 1), ")".repeat(depth - 1));
    assert!(Regex::new(&nested(NESTING_MAX), Options::NONE).is_ok());
    assert!(matches!(Regex::new(&nested(NESTING_MAX + 1), Options::NONE), Err(RegexError::TooLarge { .. })));
    assert!(Regex::new(&"[a-".repeat(5_000), Options::NONE).is_err());
    let regex = Regex::new("b", Options::NONE).unwrap();
    let is_match = |len: usize| regex.is_match(&"a".repeat(len), &mut Budget::new(u64::MAX));
    assert_eq!(is_match(INPUT_BYTES_MAX), Ok(false));
    assert!(matches!(is_match(INPUT_BYTES_MAX + 1), Err(RegexError::TooLarge { .. })));
    // A linear search of four bytes costs five steps.
    assert_eq!(regex.is_match("aaaa", &mut Budget::new(5)), Ok(false));
    assert_eq!(regex.is_match("aaaa", &mut Budget::new(4)), Err(RegexError::Budget));
    assert!(!RegexError::Budget.is_catchable());
    for (pattern, text) in [
        (r"(?:(a+)+)+\1$", "a".repeat(60) + "b"),
        (r"(x+x+)+y(?=z)", "x".repeat(200)),
        (r"(?:(?=a)a|b)*c", "ab".repeat(STACK_MAX)),
        (r"(){2147483647}(?=a)", "a".to_owned()),
    ] {
        let regex = Regex::new(pattern, Options::NONE).unwrap();
        assert_eq!(regex.is_match(&text, &mut Budget::new(STEPS)), Err(RegexError::Budget), "{pattern}");
    }
    // Linear where .NET is not.
    let evil = Regex::new(r"^(\w+\s?)*$", Options::NONE).unwrap();
    assert!(evil.is_linear());
    assert_eq!(evil.is_match(&("a".repeat(50_000) + "!"), &mut Budget::new(STEPS)), Ok(false));
    // Too large for an automaton, fine for the machine.
    let large = Regex::new(r"(?:\w{1000}){1000}", Options::NONE).unwrap();
    assert!(!large.is_linear());
    // Replacements that grow with the square of the text.
    let each = Regex::new("a", Options::NONE).unwrap();
    let grown = each.replace(&"a".repeat(100_000), 0, &each.replacement("$_"), None, &mut Budget::new(STEPS));
    assert!(matches!(grown, Err(RegexError::TooLarge { .. })));
}

/// Patterns of the linear engine's kind.
fn plain_pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just("a"),
        Just("b"),
        Just("."),
        Just("[ab]"),
        Just("[^a]"),
        Just(r"\w"),
        Just("^"),
        Just("$"),
        Just(r"\b")
    ];
    let leaf = atom.prop_map(str::to_owned);
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a + &b),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
            inner.clone().prop_map(|a| format!("({a})")),
            (inner, prop_oneof![Just("*"), Just("+"), Just("?"), Just("*?"), Just("{1,2}")])
                .prop_map(|(a, q)| format!("(?:{a}){q}")),
        ]
    })
}

proptest! {
    #[test]
    fn both_engines_agree(pattern in plain_pattern(), text in "[ab \n]{0,8}") {
        let mut regex = Regex::new(&pattern, Options::NONE).unwrap();
        let all = |regex: &Regex| regex.matches(&text, 0, &mut Budget::new(STEPS)).collect::<Vec<_>>();
        let linear = all(&regex);
        regex.linear = None;
        prop_assert_eq!(linear, all(&regex));
    }

    #[test]
    fn hostile_patterns_never_panic(pattern in r"[()\[\]{}?*+|\\^$.:=!<>'#,a-c1-3\-pk ]{0,24}", text in "[a-c1\n😀]{0,8}", bits in 0_u32..1024) {
        if let Ok(options) = Options::from_bits(bits)
            && let Ok(regex) = Regex::new(&pattern, options)
        {
            let mut budget = Budget::new(10_000);
            for found in regex.matches(&text, 0, &mut budget).flatten().collect::<Vec<_>>() {
                let _ = regex.captures(&text, &found, &mut Budget::new(10_000));
            }
            let _ = regex.replace(&text, 0, &regex.replacement(&pattern), None, &mut Budget::new(10_000));
        }
        let _ = unescape(&pattern);
    }
}
