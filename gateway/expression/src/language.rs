//! What an expression may be written with, apart from types: constructs, each with an example, and what C#
//! has beside them and expressions have not.
//!
//! For people and their tools. Nothing is decided here; a test holds each example against the compiler.

/// A construct of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Construct {
    /// In the words of ECMA-334.
    pub name: &'static str,
    /// An expression that has it.
    pub example: &'static str,
}

const fn construct(name: &'static str, example: &'static str) -> Construct {
    Construct { name, example }
}

/// What an expression may have.
pub const CONSTRUCTS: &[Construct] = &[
    construct("expression", "@(1)"),
    construct("statement block", "@{ return 1; }"),
    construct("comment", "@(1 /* one */)"),
    construct("integer literal", "@(0x1F + 0b1 + 1_000 + 1L)"),
    construct("real literal", "@(1.5 + 1e3)"),
    construct("decimal literal", "@(1.5m)"),
    construct("character literal", r"@('\u0041')"),
    construct("string literal", r#"@("a\n")"#),
    construct("verbatim string literal", r#"@(@"c:\a""b")"#),
    construct("interpolated string", r#"@($"{1,5:N2}")"#),
    construct("verbatim interpolated string", r#"@($@"\{1}")"#),
    construct("null literal", "@((string)null)"),
    construct("member access", "@(context.RequestId)"),
    construct("null-conditional member access", "@(context.LastError?.Message)"),
    construct("element access", r#"@(context.Variables["a"])"#),
    construct("null-conditional element access", r#"@(context.Variables?["a"])"#),
    construct("method call", "@(Math.Max(1, 2))"),
    construct("generic method call", r#"@(context.Variables.GetValueOrDefault<int>("a"))"#),
    construct("extension method call", "@(new[] { 1 }.First())"),
    construct("named argument", "@(context.Request.Body.As<string>(preserveContent: true))"),
    construct("out argument", r#"@{ int a; return int.TryParse("1", out a); }"#),
    construct("out variable declaration", r#"@(int.TryParse("1", out var a) ? a : 0)"#),
    construct("arithmetic operator", "@(-1 + 2 * 3 / 4 % 5)"),
    construct("shift operator", "@(1 << 2 >> 1)"),
    construct("bitwise operator", "@(~1 & 2 | 3 ^ 4)"),
    construct("comparison operator", "@(1 < 2)"),
    construct("equality operator", "@(1 == 2)"),
    construct("logical operator", "@(!true && false || true)"),
    construct("null-coalescing operator", r#"@((string)null ?? "a")"#),
    construct("conditional operator", "@(true ? 1 : 2)"),
    construct("cast", "@((int)1.5)"),
    construct("as operator", r#"@(context.Variables["a"] as string)"#),
    construct("is operator", r#"@(context.Variables["a"] is string)"#),
    construct("type pattern", r#"@(context.Variables["a"] is string a ? a : "")"#),
    construct("constant pattern", r#"@(context.Variables["a"] is null)"#),
    construct("throw expression", r#"@((string)null ?? throw new Exception("a"))"#),
    construct("nameof", "@(nameof(context.Request))"),
    construct("default value", "@(default(int))"),
    construct("checked and unchecked", "@(unchecked((int)4294967295))"),
    construct("object creation", "@(new DateTime(2026, 1, 31))"),
    construct(
        "object initialiser",
        r#"@(new JsonSerializerSettings { DateParseHandling = DateParseHandling.None })"#,
    ),
    construct("collection initialiser", "@(new List<int> { 1, 2 })"),
    construct("dictionary initialiser", r#"@(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 })"#),
    construct("anonymous object", "@(new { A = 1 }.A)"),
    construct("array creation", "@(new int[2])"),
    construct("array initialiser", "@(new[] { 1, 2 })"),
    construct("lambda", "@(new[] { 1 }.Select(a => a + 1).ToArray())"),
    construct("lambda with a block", "@(new[] { 1 }.Select(a => { return a; }).ToArray())"),
    construct("tuple", "@((1, 2).Item1)"),
    construct("dynamic", r#"@{ dynamic a = JObject.Parse("{}"); return a.b; }"#),
    construct("local variable", "@{ var a = 1; int b; b = a; return b; }"),
    construct("constant", "@{ const int a = 1; return a; }"),
    construct("assignment", "@{ var a = 1; a = 2; return a; }"),
    construct("compound assignment", "@{ var a = 1; a += 2; return a; }"),
    construct("increment and decrement", "@{ var a = 1; a++; --a; return a; }"),
    construct("local function", "@{ int Add(int a, int b) { return a + b; } return Add(1, 2); }"),
    construct("if statement", "@{ if (true) { return 1; } else { return 2; } }"),
    construct("switch statement", "@{ switch (1) { case 1: return 1; default: return 2; } }"),
    construct(
        "switch statement with patterns",
        r#"@{ switch (context.Variables["a"]) { case int a when a > 0: return a; default: return 0; } }"#,
    ),
    construct("while statement", "@{ while (false) { continue; } return 1; }"),
    construct("do statement", "@{ do { break; } while (true); return 1; }"),
    construct("for statement", "@{ for (var a = 0; a < 1; a++) { } return 1; }"),
    construct("foreach statement", "@{ foreach (var a in new[] { 1 }) { return a; } return 0; }"),
    construct(
        "try statement",
        "@{ try { return 1; } catch (Exception e) when (e.Message != null) { return 2; } finally { } }",
    ),
    construct("throw statement", r#"@{ throw new Exception("a"); }"#),
    construct("using statement", r#"@{ using (var a = new StringReader("a")) { return a.ReadToEnd(); } }"#),
];

/// What C# 7.3 has and an expression has not: it is refused by name.
pub const REFUSED: &[Construct] = &[
    construct("typeof", "@(typeof(int))"),
    construct("query expression", "@(from a in new[] { 1 } select a)"),
    construct("goto statement", "@{ goto a; a: return 1; }"),
    construct("yield statement", "@{ yield return 1; }"),
    construct("await", "@(await context)"),
    construct("lock statement", "@{ lock (context) { } return 1; }"),
    construct("ref argument", "@{ int a = 1; return Math.Abs(ref a); }"),
    construct("multidimensional array", "@(new int[1, 2].Length)"),
    construct("pointer", "@{ int* a; return 1; }"),
    construct("unsafe statement", "@{ unsafe { } return 1; }"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_language_is_so() {
        for Construct { name, example } in CONSTRUCTS {
            let checked = crate::compile(example, None);
            assert!(checked.program.is_some(), "{name}: {example}: {:?}", checked.diagnostics);
        }
        for Construct { name, example } in REFUSED {
            assert!(crate::compile(example, None).errors().next().is_some(), "{name}: {example}");
        }
        let names: std::collections::BTreeSet<&str> = CONSTRUCTS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), CONSTRUCTS.len(), "each is there once");
    }
}
