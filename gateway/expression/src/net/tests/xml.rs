//! LINQ to XML in expressions. The results are .NET's.

use super::table;

#[test]
fn names_are_compared_by_value() {
    table(&[("@(new XElement(\"a\").Name == \"a\")", "Boolean True")]);
}
