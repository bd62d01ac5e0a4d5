//! What is refused, and in which words: `line:column number: message — hint`.

use super::{check, expression, statements, tree};

#[test]
fn defects_of_expressions_are_told_in_csharps_numbers() {
    check(
        expression,
        &[
            ("", "1:3 CS1525: invalid expression term `)`: expected an expression"),
            ("a b", "1:5 CS1026: found `b`, expected `)`"),
            ("f(a b)", "1:7 CS1003: found `b`, expected `,` or `)`"),
            ("f(a,)", "1:7 CS1525: invalid expression term `)`: expected an expression"),
            ("f(a", "1:7 CS1026: found the end of the expression, expected `)`"),
            ("a[", "1:5 CS1525: invalid expression term `)`: expected an expression"),
            ("a.", "1:5 CS1001: found `)`, expected a name"),
            ("a.1", "1:4 CS1026: found `.1`, expected `)`"),
            ("a +", "1:6 CS1525: invalid expression term `)`: expected an expression"),
            ("a + * b", "1:7 HX1001: pointers are not supported in policy expressions"),
            (
                "a;",
                "1:4 CS1026: found `;`, expected `)`: `@(` holds one expression — write statements as `@{ … }`, with `return`",
            ),
            (
                "return a;",
                "1:3 CS1525: found `return`, expected an expression — write statements as `@{ … }`, with `return`",
            ),
            (
                "a) + (b",
                "1:6 CS1022: found `+` behind the end of the expression — the brackets do not match; count those before this place",
            ),
            ("int", "1:3 CS1525: invalid expression term `int`: expected an expression"),
            ("a ? b", "1:8 CS1003: found `)`, expected `:`"),
            (
                "if",
                "1:3 CS1525: found `if`, expected an expression — write statements as `@{ … }`, with `return`",
            ),
            (
                "'ab'",
                r#"1:3 CS1012: too many characters in character literal — strings stand between double quotes: `"…"`"#,
            ),
            ("''", r#"1:3 CS1011: empty character literal — an empty string is written `""`"#),
            (
                "'a",
                r#"1:3 CS1010: newline in constant: the character is not closed — close it with `'`; strings stand between double quotes: `"…"`"#,
            ),
            (
                "\"a\n\"",
                r#"1:3 CS1010: newline in constant: the string is not closed — close it with `"` on its line, or begin it with `@"` to let it go over several lines
2:1 CS1010: newline in constant: the string is not closed — close it with `"` on its line, or begin it with `@"` to let it go over several lines"#,
            ),
            (
                "\"\\d+\\s\"",
                r#"1:4 CS1009: unrecognised escape sequence `\d` — write `\\` for a backslash, or begin the string with `@"` to take them as they are"#,
            ),
            (
                "'\\q'",
                r#"1:4 CS1009: unrecognised escape sequence `\q` — write `\\` for a backslash, or begin the string with `@"` to take them as they are"#,
            ),
            (
                "@\"a",
                r#"1:3 CS1039: the string is never closed — close it with `"`; within it a quote is written `""`"#,
            ),
            (
                "99999999999999999999",
                "1:3 CS1021: integral constant is too large: it must be at most 18446744073709551615 — a larger number can be a `double` (`1e20`) or a `decimal` (suffix `m`)",
            ),
            (
                "0x",
                "1:3 CS1013: invalid number `0x` — a number may end in `u`, `l`, `ul`, `f`, `d` or `m`, and `_` stands between digits",
            ),
            (
                "1_",
                "1:3 CS1013: invalid number `1_` — a number may end in `u`, `l`, `ul`, `f`, `d` or `m`, and `_` stands between digits",
            ),
            (
                "12abc",
                "1:3 CS1013: invalid number `12abc` — a number may end in `u`, `l`, `ul`, `f`, `d` or `m`, and `_` stands between digits",
            ),
            ("1e400", "1:3 CS0594: floating-point constant is outside the range of `double`"),
            ("1e99f", "1:3 CS0594: floating-point constant is outside the range of `float`"),
            (
                "$\"{a\"",
                r#"1:7 CS1010: newline in constant: the string is not closed — close it with `"` on its line, or begin it with `@"` to let it go over several lines"#,
            ),
            ("$\"{}\"", "1:6 CS1733: found the `}` of the hole, expected an expression"),
            (
                "$\"}\"",
                "1:5 CS8086: found a lone `}` in the text of an interpolated string — write `}}` for a brace that is text",
            ),
            (
                "$\"{a ? b : c}\"",
                "1:13 CS8361: the `:` of a `?:` ends the interpolated expression — put the conditional expression in parentheses: `{(a ? b : c)}`",
            ),
            (
                "$\"{a:}\"",
                "1:8 CS8089: found an empty format in an interpolated string — leave out the `:`, or write a format behind it",
            ),
            (
                "$\"{a b}{c d}\"",
                "1:8 CS1003: found `b`, expected `}` at the end of the hole
1:13 CS1003: found `d`, expected `}` at the end of the hole",
            ),
            ("$\"{a,}\"", "1:8 CS1733: found the `}` of the hole, expected an expression"),
            (
                "$\"{a:x",
                "1:5 CS8076: the interpolated expression is never closed: expected `}` — close it with `}`; a brace that is text is written `{{`",
            ),
            ("/* a", "1:3 CS1035: the comment is never closed — close it with `*/`"),
            ("a # b", "1:5 CS1056: unexpected character `#`"),
            (
                "“a”",
                r#"1:3 CS1056: unexpected character `“` — strings stand between straight quotes: `"`
1:5 CS1056: unexpected character `”` — strings stand between straight quotes: `"`"#,
            ),
            (
                "@(a)",
                "1:3 CS1646: found a lone `@`, expected a string or a name after it — `@` stands in front of the whole expression only; leave this one out",
            ),
            ("a & & b", "1:7 HX1001: pointers are not supported in policy expressions"),
            (
                "a &amp;&amp; b",
                "1:9 CS1026: found `;`, expected `)`: `@(` holds one expression — write statements as `@{ … }`, with `return`",
            ),
            ("(a: 1)", "1:9 CS8124: a tuple has at least two elements — leave out `a:`"),
            (
                "new A",
                "1:8 CS1526: found `)`, expected `(`, `[` or `{` behind the type of `new` — call it: `new T()`",
            ),
            (
                "new int[]",
                "1:12 CS1586: found `)`, expected `{`: an array has a size or items — write `new T[n]` or `new T[] { … }`",
            ),
            (
                "new { 1 }",
                "1:11 CS0746: a member of an anonymous object has no name — give it one: `Name = value`",
            ),
            (
                "new A { B = 1, 2 }",
                "1:18 CS0747: found `2`, expected `Name = value` or `[key] = value`, as the members before",
            ),
            (
                "new A { 1, B = 2 }",
                "1:14 CS0747: found a member among elements of a collection — an initialiser has either members (`A = 1`) or elements (`1, 2`)",
            ),
            ("(int)", "1:8 CS1525: invalid expression term `)`: expected an expression"),
            (
                "1 + throw a",
                "1:7 CS8115: a throw expression is not allowed here — it may stand behind `??` and `=>` and in the branches of `?:`",
            ),
            (
                "this.a",
                "1:3 CS0027: `this` is not available: an expression belongs to no object — members of the request are those of `context`",
            ),
            ("x => ", "1:8 CS1525: invalid expression term `)`: expected an expression"),
            ("a is", "1:7 CS1525: invalid expression term `)`: expected an expression"),
            ("a = 5 6", "1:9 CS1026: found `6`, expected `)`"),
            ("class", "1:3 CS1525: invalid expression term `class`: expected an expression"),
            (
                "a.new",
                "1:5 CS1001: found `new`, expected a name — `new` is a keyword; `@new` makes it a name",
            ),
            (
                "{{name}}",
                "1:3 CS1525: invalid expression term `{`: expected an expression — named values, `{{name}}`, are put in before an expression is read",
            ),
            ("a <> b", "1:6 CS1525: invalid expression term `>`: expected an expression"),
            ("a === b", "1:7 CS1525: invalid expression term `=`: expected an expression"),
            ("a and b", "1:5 CS1026: found `and`, expected `)`"),
            ("f(a => { b })", "1:13 CS1002: found `}`, expected `;`"),
        ],
    );
}

#[test]
fn what_expressions_lack_is_refused_by_name() {
    check(
        expression,
        &[
            ("from x in y where x.z select x", "1:3 HX1001: query expressions are not supported in policy expressions — call `Where`, `Select` and the like"),
            ("await f(a)", "1:3 HX1001: `await` is not supported in policy expressions — expressions run to their end; nothing in them is asynchronous"),
            ("async x => x", "1:3 HX1001: `async` is not supported in policy expressions — leave it out"),
            ("async () => { await f(); return 1; }", "1:3 HX1001: `async` is not supported in policy expressions — leave it out
1:17 HX1001: `await` is not supported in policy expressions — expressions run to their end; nothing in them is asynchronous"),
            ("a switch { 1 => 2, _ => 3 } + 1", "1:5 HX1001: switch expressions are not supported in policy expressions — write a `switch` statement or `?:`"),
            ("a with { B = 1 }", "1:5 HX1001: `with` expressions are not supported in policy expressions"),
            ("a[1..2] + a[^1] + a[..]", "1:6 HX1001: ranges are not supported in policy expressions — write `Substring`, or `Skip` and `Take`
1:15 HX1001: indices from the end (`^`) are not supported in policy expressions — write `x[x.Length - 1]`
1:23 HX1001: ranges are not supported in policy expressions — write `Substring`, or `Skip` and `Take`"),
            ("a is not null", "1:8 HX1001: `is not` is not supported in policy expressions — write `!(x is T)` or `x != null`"),
            ("a is > 1 and < 2 or 5", "1:8 HX1001: relational patterns are not supported in policy expressions — compare with an operator
1:12 HX1001: `and` patterns are not supported in policy expressions — combine conditions with `&&`, `||` and `!`
1:16 HX1001: relational patterns are not supported in policy expressions — compare with an operator
1:20 HX1001: `or` patterns are not supported in policy expressions — combine conditions with `&&`, `||` and `!`"),
            ("a is string or int", "1:15 HX1001: `or` patterns are not supported in policy expressions — combine conditions with `&&`, `||` and `!`"),
            ("a is { Length: 1 } x", "1:8 HX1001: property patterns are not supported in policy expressions — compare the members with operators"),
            ("a is T { B: 1 }", "1:10 HX1001: property patterns are not supported in policy expressions — compare the members with operators"),
            ("a ??= b", "1:5 HX1001: the operator `??=` is not supported in policy expressions — write `a = a ?? b`"),
            ("new()", "1:3 HX1001: `new()` without a type is not supported in policy expressions — name the type: `new T(…)`"),
            ("new(1) { A = 2 }", "1:3 HX1001: `new()` without a type is not supported in policy expressions — name the type: `new T(…)`"),
            ("$$\"\"\"a{{b}}\"\"\"", r#"1:3 HX1001: raw string literals are not supported in policy expressions — write `@"…"` with `""` for a quote"#),
            ("\"\"\"a \"b\" c\"\"\"", r#"1:3 HX1001: raw string literals are not supported in policy expressions — write `@"…"` with `""` for a quote"#),
            ("\"a\"u8", r#"1:6 HX1001: UTF-8 string literals are not supported in policy expressions — write `Encoding.UTF8.GetBytes("…")`"#),
            ("a!.b!", "1:4 HX1001: the null-forgiving operator `!` is not supported in policy expressions — leave it out
1:7 HX1001: the null-forgiving operator `!` is not supported in policy expressions — leave it out"),
            ("[1, 2]", "1:3 HX1001: collection expressions are not supported in policy expressions — write `new[] { … }`"),
            ("stackalloc int[3]", "1:3 HX1001: `stackalloc` is not supported in policy expressions — write `new`"),
            ("sizeof(int)", "1:3 HX1001: `sizeof` is not supported in policy expressions"),
            ("a >>> 2", "1:5 HX1001: the operator `>>>` is not supported in policy expressions — shift a `uint` or `ulong` with `>>`"),
            ("delegate { return 1; }", "1:3 HX1001: anonymous methods without parameters are not supported in policy expressions — write a lambda: `(…) => { … }`"),
            ("(int a = 1) => a", "1:12 HX1001: default values of lambda parameters are not supported in policy expressions"),
            ("(ref int a) => a", "1:4 HX1001: `ref` parameters are not supported in policy expressions — return a value instead"),
            ("f(in a)", "1:5 HX1001: `in` arguments are not supported in policy expressions — leave out `in`"),
            ("&a", "1:3 HX1001: pointers are not supported in policy expressions"),
            ("*a + a->b", "1:3 HX1001: pointers are not supported in policy expressions
1:9 HX1001: pointers are not supported in policy expressions — write `.`"),
            ("new int[,] { { 1 } }", "1:10 HX1001: arrays of more than one dimension are not supported in policy expressions — write an array of arrays: `T[][]`"),
            ("(int a, int b) = c", "1:3 HX1001: deconstructing declarations are not supported in policy expressions — declare each variable by itself"),
            ("a::b", "1:4 HX1001: namespace aliases are not supported in policy expressions — write the namespace itself"),
        ],
    );
}

// Each statement tells its own defects, and the rest of the block is read all the same.
#[test]
fn statements_go_on_behind_a_defect() {
    check(
        statements,
        &[
            ("a = 1", "1:8 CS1002: found `}`, expected `;`"),
            ("a = 1\nb = 2\nreturn 3", "1:8 CS1002: found `b`, expected `;`
2:6 CS1002: found `return`, expected `;`
3:9 CS1002: found `}`, expected `;`"),
            ("a = ;\nb = 1;\nc = );\nd(;\nreturn e f;", "1:7 CS1525: invalid expression term `;`: expected an expression
3:5 CS1525: invalid expression term `)`: expected an expression
4:3 CS1525: invalid expression term `;`: expected an expression
5:9 CS1002: found `f`, expected `;`"),
            ("a == b;", "1:3 CS0201: found an expression whose value is lost, expected an assignment, a call, `++`, `--` or `new` — to give the value of the whole, write `return`"),
            ("\"a\";", "1:3 CS0201: found an expression whose value is lost, expected an assignment, a call, `++`, `--` or `new` — to give the value of the whole, write `return`"),
            ("int = 5;", "1:7 CS1001: found `=`, expected a name"),
            ("int 5a;", "1:7 CS1013: invalid number `5a` — a number may end in `u`, `l`, `ul`, `f`, `d` or `m`, and `_` stands between digits"),
            ("int a[3];", "1:8 CS0650: found `[` behind the name of a variable — `[]` stands behind the type: `T[] a`"),
            ("var f() { }", "1:7 CS0825: the type of a function cannot be `var` — write the type that it returns"),
            ("if a { b(); } else c();", "1:6 CS1003: found `a`, expected `(`"),
            ("if (a b) { c(; } else { d(); }", "1:9 CS1026: found `b`, expected `)`
1:16 CS1525: invalid expression term `;`: expected an expression"),
            ("if (a) int b = 1;", "1:10 CS1023: a declaration cannot be the only statement of a body — put it in braces: `{ … }`"),
            ("else a();", "1:3 CS8641: found `else` without an `if` in front of it"),
            ("if (a) { return 1;", "1:22 CS1513: found the end of the expression, expected `}`"),
            ("try { }", "1:10 CS1524: found `}`, expected `catch` or `finally`"),
            ("catch { }", "1:3 CS1003: found `catch` without a `try` in front of it"),
            ("foreach (a in b) { }", "1:12 CS0230: the variable `a` has no type — write `foreach (var a in b)`"),
            ("for (int i = 0, i < 1; i++) { a( }", "1:21 CS1003: found `<`, expected `;`
1:36 CS1525: invalid expression term `}`: expected an expression"),
            ("switch (a) { b(); }", "1:16 CS1003: found `b`, expected `case` or `default:`"),
            ("switch (a) { case 1 b(); break; case : c(; break; default: d() }", "1:23 CS1003: found `b`, expected `:`
1:40 CS1525: invalid expression term `:`: expected an expression
1:44 CS1525: invalid expression term `;`: expected an expression
1:65 CS1002: found `}`, expected `;`"),
            ("case 1: a();", "1:3 CS1003: found `case` outside of a `switch`"),
            ("} a();", "1:5 CS1022: found `a` behind the end of the expression — the brackets do not match; count those before this place"),
            ("static int f() => 1;", "1:3 CS0106: the modifier `static` is not valid in an expression — leave it out"),
            ("string s = \"a;\nreturn 'b;\n", r#"1:14 CS1010: newline in constant: the string is not closed — close it with `"` on its line, or begin it with `@"` to let it go over several lines
2:8 CS1010: newline in constant: the character is not closed — close it with `'`; strings stand between double quotes: `"…"`"#),
            ("string s = $\"a{b;\nreturn c(;\n", "1:17 CS8076: the interpolated expression is never closed: expected `}` — close it with `}`; a brace that is text is written `{{`
2:10 CS1525: invalid expression term `;`: expected an expression
3:2 CS1022: found the `}` of the hole behind the end of the expression — the brackets do not match; count those before this place"),
            ("a(x => { b(; c(; }); d(;", "1:14 CS1525: invalid expression term `;`: expected an expression
1:18 CS1525: invalid expression term `;`: expected an expression
1:26 CS1525: invalid expression term `;`: expected an expression"),
            ("var a = new A { b c, d = 1 }; e(;", "1:21 CS1003: found `c`, expected `,` or `}`
1:35 CS1525: invalid expression term `;`: expected an expression"),
            ("Return 1;", "1:9 CS1002: found `1`, expected `;` — did you mean `return`?"),
            ("return 1; }", "1:14 CS1022: found `}` behind the end of the expression — the brackets do not match; count those before this place"),
            ("while (a) b() c();", "1:16 CS1002: found `c`, expected `;`"),
            ("do a(); while (b)", "1:20 CS1002: found `}`, expected `;`"),
            ("public int a = 1;", "1:3 CS0106: the modifier `public` is not valid in an expression — leave it out"),
            ("var x = y is null ? : 1;", "1:23 CS1525: invalid expression term `:`: expected an expression"),
            ("elseif (a) { b(); }", "1:13 CS1002: found `{`, expected `;`"),
            ("if (a) { b(); } elseif (c) { d(); }", "1:29 CS1002: found `{`, expected `;`"),
            ("string a = 'abc'; return a", r#"1:14 CS1012: too many characters in character literal — strings stand between double quotes: `"…"`
1:29 CS1002: found `}`, expected `;`"#),
            ("if (a = ) return 1; return (2;", "1:11 CS1525: invalid expression term `)`: expected an expression
1:32 CS1026: found `;`, expected `)`"),
        ],
    );
}

#[test]
fn what_blocks_lack_is_refused_by_name() {
    check(
        statements,
        &[
            ("T f<T>(T a) => a;", "1:6 HX1001: type parameters of local functions are not supported in policy expressions — write one function for each type"),
            ("foreach (var (k, v) in b) { c() }", "1:12 HX1001: deconstructing declarations are not supported in policy expressions — name one variable and read its members, such as `pair.Key`
1:34 CS1002: found `}`, expected `;`"),
            ("yield return a;", "1:3 HX1001: `yield` is not supported in policy expressions — add the items to a `List<T>` and return it"),
            ("lock (a) { b() }", "1:3 HX1001: `lock` is not supported in policy expressions — leave it out: an expression runs in one thread
1:17 CS1002: found `}`, expected `;`"),
            ("goto a; a: b();", "1:3 HX1001: `goto` is not supported in policy expressions — leave loops with `break`, or move them into a local function
1:11 HX1001: labels are not supported in policy expressions — leave loops with `break`, or move them into a local function"),
            ("unsafe { a(; }", "1:3 HX1001: `unsafe` is not supported in policy expressions
1:14 CS1525: invalid expression term `;`: expected an expression"),
            ("await a();", "1:3 HX1001: `await` is not supported in policy expressions — expressions run to their end; nothing in them is asynchronous"),
            ("await foreach (var a in b) { }", "1:3 HX1001: `await` is not supported in policy expressions — leave it out"),
            ("using var a = b; c();", "1:3 HX1001: `using` declarations are not supported in policy expressions — write `using (…) { … }`"),
            ("using System; return 1;", "1:3 HX1001: `using` directives are not supported in policy expressions — leave it out, or write names with their namespace"),
            ("async Task f() { }", "1:3 HX1001: `async` is not supported in policy expressions — leave it out"),
            ("class A { int b; } return 1;", "1:3 HX1001: declarations of types are not supported in policy expressions — use anonymous objects, tuples, `JObject` or local functions"),
            ("record A(int B); return 1;", "1:3 HX1001: declarations of types are not supported in policy expressions — use anonymous objects, tuples, `JObject` or local functions"),
            ("ref int a = ref b;", "1:3 HX1001: `ref` variables are not supported in policy expressions — leave `ref` out"),
            ("var (a, b) = c;", "1:3 HX1001: deconstructing declarations are not supported in policy expressions — declare each variable by itself"),
            ("#region a\nreturn 1;\n#endregion\n", "1:3 HX1001: preprocessor directives are not supported in policy expressions — take the line out; `//` makes it a comment
3:1 HX1001: preprocessor directives are not supported in policy expressions — take the line out; `//` makes it a comment"),
            ("fixed (a) { }", "1:3 HX1001: `fixed` is not supported in policy expressions"),
        ],
    );
}

#[test]
fn source_is_one_expression_or_block() {
    check(
        tree,
        &[
            (
                "",
                "1:1 HX1002: the text does not begin with `@(` or `@{` — write `@(` expression `)` or `@{` statements `}`",
            ),
            (
                "a",
                "1:1 HX1002: the text does not begin with `@(` or `@{` — write `@(` expression `)` or `@{` statements `}`",
            ),
            (
                "@",
                "1:1 HX1002: the text does not begin with `@(` or `@{` — write `@(` expression `)` or `@{` statements `}`",
            ),
            (
                "@[a]",
                "1:1 HX1002: the text does not begin with `@(` or `@{` — write `@(` expression `)` or `@{` statements `}`",
            ),
            ("@(", "1:3 CS1733: found the end of the expression, expected an expression"),
            ("@{", "1:3 CS1513: found the end of the expression, expected `}`"),
            ("@(a}", "1:4 CS1026: found `}`, expected `)`"),
            (
                "@(a))",
                "1:5 CS1022: found `)` behind the end of the expression — the brackets do not match; count those before this place",
            ),
        ],
    );
}
