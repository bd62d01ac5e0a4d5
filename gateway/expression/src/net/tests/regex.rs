//! Regular expressions in expressions.

use super::table;

#[test]
fn patterns_search_and_replace() {
    table(&[
        (r#"Regex.IsMatch("Hello", "^h")"#, "Boolean False"),
        (r#"Regex.IsMatch("Hello", "^h", RegexOptions.IgnoreCase | RegexOptions.Compiled)"#, "Boolean True"),
        (r#"Regex.IsMatch("a", "a", RegexOptions.None, TimeSpan.Zero)"#, "Boolean True"),
        (r#"new Regex("b").IsMatch("abc", 2)"#, "Boolean False"),
        (r#"new Regex("^").IsMatch("abc", 2)"#, "Boolean False"),
        (r#"Regex.Match("key=value", @"(\w+)=(\w+)").Groups[2].Value"#, "String value"),
        (r#"Regex.Match("key=value", @"(?<k>\w+)=(?<v>\w+)").Groups["v"].Value"#, "String value"),
        (r#"Regex.Match("key=value", "=").Index"#, "Int32 3"),
        (r#"Regex.Match("😀=", "=").Index"#, "Int32 2"),
        (r#"new Regex("a").Match("xaxa", 2).Index"#, "Int32 3"),
        (r#"new Regex("^a").Match("xaxa", 1, 2).Index"#, "Int32 1"),
        (r#"Regex.Match("aa", "a+").Length"#, "Int32 2"),
        (r#"Regex.Match("ab", "a").NextMatch().Success"#, "Boolean False"),
        (r#"Regex.Match("a1b2", @"\d").NextMatch().Value"#, "String 2"),
        (r#"Regex.Match("a1", @"([a-z])(\d)").Result("$2-$1")"#, "String 1-a"),
        (r#"Regex.Replace("a-b", "-", "+")"#, "String a+b"),
        (r#"Regex.Replace("John Smith", @"(\w+) (?<last>\w+)", "${last}, $1")"#, "String Smith, John"),
        (r#"Regex.Replace("a1b22", @"\d+", m => (int.Parse(m.Value) * 2).ToString())"#, "String a2b44"),
        (r#"new Regex("a").Replace("aaa", "b", 2)"#, "String bba"),
        (r#"new Regex("a").Replace("aaa", "b", -1, 1)"#, "String abb"),
        (r#"new Regex("a").Replace("aaa", m => "b" + m.Index, 2)"#, "String b0b1a"),
        (r#"new Regex("a").Replace("aaa", m => "b", 0)"#, "String aaa"),
        (r#"string.Join("|", Regex.Split("a1b2c", @"\d"))"#, "String a|b|c"),
        (r#"string.Join("|", new Regex(@"(\d)").Split("a1b2c", 2))"#, "String a|1|b2c"),
        (r#"Regex.Escape("1+1=2 (ok)")"#, r"String 1\+1=2\ \(ok\)"),
        (r#"Regex.Unescape(@"\t\u0041")"#, "String \tA"),
        (r#"new Regex("a|b", RegexOptions.IgnoreCase).ToString()"#, "String a|b"),
        (r#"new Regex("a", RegexOptions.IgnoreCase).Options"#, "RegexOptions IgnoreCase"),
    ]);
}

#[test]
fn matches_groups_and_captures_are_collections() {
    table(&[
        (r#"Regex.Matches("a1b2", @"\d").Count"#, "Int32 2"),
        (r#"Regex.Matches("a1b2", @"\d")[1].Value"#, "String 2"),
        (
            r#"string.Join(",", Regex.Matches("a1b2", @"\d").Cast<Match>().Select(m => m.Value))"#,
            "String 1,2",
        ),
        (
            r#"{ var all = ""; foreach (Match m in Regex.Matches("a1b2", @"[a-z](\d)")) { all += m.Groups[1]; } return all; }"#,
            "String 12",
        ),
        (
            r#"{ var n = 0; foreach (Group g in Regex.Match("ab", "(a)(b)").Groups) { n += g.Length; } return n; }"#,
            "Int32 4",
        ),
        (r#"Regex.Matches("", "x").Count"#, "Int32 0"),
        (r#"Regex.Matches("ab", "").Count"#, "Int32 3"),
        (r#"Regex.Match("abc", "(.)+").Groups[1].Captures.Count"#, "Int32 3"),
        (r#"Regex.Match("abc", "(.)+").Groups[1].Captures[1].Value"#, "String b"),
        (r#"Regex.Match("abc", "(.)+").Groups[1].Value"#, "String c"),
        (r#"Regex.Match("x", "(a)?x").Groups[1].Success"#, "Boolean False"),
        (r#"Regex.Match("x", "x").Groups[7].Success"#, "Boolean False"),
        (r#"Regex.Match("x", "x").Groups["no"].Value"#, "String "),
        (r#"Regex.Match("x", "y").Groups.Count"#, "Int32 1"),
        (r#"Regex.Match("x", "y").Groups[0].Success"#, "Boolean False"),
        (r#"Regex.Match("x", "y").Value"#, "String "),
        (r#"Match.Empty.Success"#, "Boolean False"),
        (r#"string.Join(",", new Regex("(?<b>.)(a)").GetGroupNames())"#, "String 0,1,b"),
        (r#"new Regex("(?<b>.)(a)").GroupNumberFromName("b")"#, "Int32 2"),
        (r#"new Regex("(?<b>.)(a)").GroupNameFromNumber(9)"#, "String "),
    ]);
}

#[test]
fn what_is_wrong_is_said_as_in_dotnet() {
    table(&[
        (r#"Regex.IsMatch("a", "(")"#, "throw System.ArgumentException: parsing \"(\" - Not enough )'s."),
        (
            r#"Regex.IsMatch(null, "a")"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: input",
        ),
        (
            r#"Regex.IsMatch("a", null)"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: pattern",
        ),
        (
            r#"Regex.Replace("a", "a", (string)null)"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: replacement",
        ),
        (
            r#"new Regex("a").Match("a", 2)"#,
            "throw System.ArgumentOutOfRangeException: Start index cannot be less than 0 or greater than input length.\nParameter name: startat",
        ),
        (
            r#"new Regex("a").Replace("a", "b", -2)"#,
            "throw System.ArgumentOutOfRangeException: Count cannot be less than -1.\nParameter name: count",
        ),
        (
            r#"Match.Empty.Result("a")"#,
            "throw System.NotSupportedException: Result cannot be called on a failed Match.",
        ),
        (
            r#"Regex.Matches("a", "a")[1]"#,
            "throw System.ArgumentOutOfRangeException: Specified argument was out of the range of valid values.\nParameter name: i",
        ),
        // No `catch` sees that a search was too costly.
        (
            r#"{ try { return Regex.IsMatch(new string('a', 40), @"^(a|a)*\1b"); } catch { return true; } }"#,
            "limit a regular expression exceeded its backtracking budget",
        ),
    ]);
}
