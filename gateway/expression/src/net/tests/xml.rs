//! LINQ to XML in expressions. The results are .NET's.

use super::check;

#[test]
fn names_are_compared_by_value() {
    check(&[("@(new XElement(\"a\").Name == \"a\")", "Boolean True")]);
}
