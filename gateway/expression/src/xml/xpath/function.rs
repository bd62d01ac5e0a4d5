//! XPath 1.0 section 4: the core function library.

use super::super::error::{Exception, Result, XmlError, thrown};
use super::super::name::{Name, XML_NAMESPACE};
use super::axis::Item;
use super::eval::{Context, Evaluator};
use super::parse::Expr;
use super::{Value, text};

macro_rules! functions {
    ($($variant:ident $name:literal $least:literal $most:expr;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// May it have so many arguments?
            pub(super) fn takes(self, count: usize) -> bool {
                match self { $(Self::$variant => ($least..=$most).contains(&count)),* }
            }
        }
    };
}

functions! {
    Last "last" 0 0;
    Position "position" 0 0;
    Count "count" 1 1;
    Id "id" 1 1;
    LocalName "local-name" 0 1;
    NamespaceUri "namespace-uri" 0 1;
    Name "name" 0 1;
    String "string" 0 1;
    Concat "concat" 2 usize::MAX;
    StartsWith "starts-with" 2 2;
    Contains "contains" 2 2;
    SubstringBefore "substring-before" 2 2;
    SubstringAfter "substring-after" 2 2;
    Substring "substring" 2 3;
    StringLength "string-length" 0 1;
    NormalizeSpace "normalize-space" 0 1;
    Translate "translate" 3 3;
    Boolean "boolean" 1 1;
    Not "not" 1 1;
    True "true" 0 0;
    False "false" 0 0;
    Lang "lang" 1 1;
    Number "number" 0 1;
    Sum "sum" 1 1;
    Floor "floor" 1 1;
    Ceiling "ceiling" 1 1;
    Round "round" 1 1;
}

/// A call under evaluation.
pub(super) struct Call<'c, 'a, 'e> {
    pub(super) function: Function,
    pub(super) arguments: &'c [Expr<'e>],
    pub(super) context: Context<'a>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn call(&self, call: &Call<'_, 'a, '_>) -> Result<Value<'a>> {
        let text = |at| self.text_argument(call, at);
        let number = |at| self.number_argument(call, at);
        Ok(match call.function {
            Function::Last => Value::Number(call.context.size as f64),
            Function::Position => Value::Number(call.context.position as f64),
            Function::Count => Value::Number(self.nodes_argument(call)?.len() as f64),
            Function::Id => {
                let message = "This XPathNavigator does not support IDs.";
                return Err(thrown(Exception::NotSupported, message));
            }
            Function::LocalName => Value::Text(self.name_of(call)?.map_or("", |(_, name)| name.local)),
            Function::NamespaceUri => Value::Text(self.name_of(call)?.map_or("", |(_, name)| name.namespace)),
            Function::Name => match self.name_of(call)? {
                None => Value::Text(""),
                Some((item, name)) => Value::Text(self.qualified(item, name)?),
            },
            Function::String => Value::Text(text(0)?),
            Function::Concat => {
                let parts = (0..call.arguments.len()).map(text).collect::<Result<Vec<_>>>()?;
                Value::Text(self.arena.concat(&parts)?)
            }
            Function::StartsWith => Value::Boolean(text(0)?.starts_with(text(1)?)),
            Function::Contains => Value::Boolean(text(0)?.contains(text(1)?)),
            Function::SubstringBefore => {
                Value::Text(text(0)?.split_once(text(1)?).map_or("", |(before, _)| before))
            }
            Function::SubstringAfter => {
                Value::Text(text(0)?.split_once(text(1)?).map_or("", |(_, after)| after))
            }
            Function::Substring => {
                let length = if call.arguments.len() == 3 { number(2)? } else { f64::INFINITY };
                self.text(&text::substring(text(0)?, number(1)?, length))?
            }
            Function::StringLength => Value::Number(text::length(text(0)?) as f64),
            Function::NormalizeSpace => self.text(&text::normalize_space(text(0)?))?,
            Function::Translate => self.text(&text::translate(text(0)?, text(1)?, text(2)?))?,
            Function::Boolean => Value::Boolean(self.boolean_argument(call)?),
            Function::Not => Value::Boolean(!self.boolean_argument(call)?),
            Function::True => Value::Boolean(true),
            Function::False => Value::Boolean(false),
            Function::Lang => Value::Boolean(self.is_language(call.context.item, text(0)?)),
            Function::Number => Value::Number(number(0)?),
            Function::Sum => {
                let items = self.nodes_argument(call)?;
                let mut numbers = items.into_iter().map(|item| Ok(text::number(self.string_value(item)?)));
                // Not `sum`, which begins with -0.
                Value::Number(
                    numbers.try_fold(0.0, |sum, number: Result<f64>| Ok::<_, XmlError>(sum + number?))?,
                )
            }
            Function::Floor => Value::Number(number(0)?.floor()),
            Function::Ceiling => Value::Number(number(0)?.ceil()),
            Function::Round => Value::Number(text::round(number(0)?)),
        })
    }

    fn text(&self, text: &str) -> Result<Value<'a>> {
        Ok(Value::Text(self.arena.text(text)?))
    }

    fn argument(&self, call: &Call<'_, 'a, '_>, at: usize) -> Result<Option<Value<'a>>> {
        call.arguments.get(at).map(|expr| self.value(expr, call.context)).transpose()
    }

    /// The argument, or the node in hand.
    fn text_argument(&self, call: &Call<'_, 'a, '_>, at: usize) -> Result<&'a str> {
        match self.argument(call, at)? {
            Some(value) => self.to_text(value),
            None => self.string_value(call.context.item),
        }
    }

    fn number_argument(&self, call: &Call<'_, 'a, '_>, at: usize) -> Result<f64> {
        match self.argument(call, at)? {
            Some(value) => self.to_number(value),
            None => Ok(text::number(self.string_value(call.context.item)?)),
        }
    }

    fn boolean_argument(&self, call: &Call<'_, 'a, '_>) -> Result<bool> {
        Ok(self.argument(call, 0)?.as_ref().is_some_and(Evaluator::to_boolean))
    }

    fn nodes_argument(&self, call: &Call<'_, 'a, '_>) -> Result<Vec<Item<'a>>> {
        match self.argument(call, 0)? {
            Some(Value::Nodes(items)) => Ok(items),
            _ => {
                let (function, expression) = (call.function.name(), self.expression);
                let message = format!(
                    "The argument to function '{function}' in '{expression}' cannot be converted to a node-set."
                );
                Err(thrown(Exception::XPath, message))
            }
        }
    }

    /// The first node of the argument, or the node in hand, if it has a name.
    fn name_of(&self, call: &Call<'_, 'a, '_>) -> Result<Option<(Item<'a>, Name<'a>)>> {
        let item = match call.arguments.is_empty() {
            true => Some(call.context.item),
            false => self.nodes_argument(call)?.first().copied(),
        };
        Ok(item.and_then(|item| Some((item, item.name()?))))
    }

    fn qualified(&self, item: Item<'a>, name: Name<'a>) -> Result<&'a str> {
        let element = match item {
            Item::Node(node) => Some(node),
            Item::Attribute(attribute) => attribute.parent(),
        };
        let prefix = element.filter(|_| !name.namespace.is_empty());
        match prefix.and_then(|element| element.prefix_of_namespace(name.namespace)) {
            None => Ok(name.local),
            Some(prefix) => Ok(self.arena.concat(&[prefix, ":", name.local])?),
        }
    }

    fn is_language(&self, item: Item<'a>, wanted: &str) -> bool {
        let element = match item {
            Item::Node(node) => Some(node),
            Item::Attribute(attribute) => attribute.parent(),
        };
        let name = Name { namespace: XML_NAMESPACE, local: "lang" };
        let above = std::iter::successors(element, |node| node.container());
        let Some(language) = above.flat_map(|node| node.attribute(name)).next() else { return false };
        let language = language.value().as_bytes();
        let matches = |part: &[u8]| part.eq_ignore_ascii_case(wanted.as_bytes());
        matches(language)
            || (language.get(wanted.len()) == Some(&b'-')
                && language.get(..wanted.len()).is_some_and(matches))
    }
}
