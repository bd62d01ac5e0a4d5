//! Reads members as .NET's documentation writes them: `static T First<T>(this IEnumerable<T> source)`.
//!
//! The texts are ours and constant, so what cannot be read is a defect of the program, found by the test
//! that builds the catalogue; it panics with the text.

use super::ty::Ty;

/// A member as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signature {
    pub(crate) is_static: bool,
    pub(crate) form: Form,
    pub(crate) name: String,
    /// Names of the method's type parameters.
    pub(crate) type_params: Vec<String>,
    pub(crate) returns: TypeText,
    pub(crate) params: Vec<ParamText>,
    pub(crate) has_setter: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Method,
    Property,
    Indexer,
    Constructor,
    Operator,
    Implicit,
    Explicit,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParamText {
    pub(crate) name: String,
    pub(crate) ty: TypeText,
    pub(crate) is_this: bool,
    pub(crate) is_params: bool,
    pub(crate) is_out: bool,
    /// Source text of the default value.
    pub(crate) default: Option<String>,
}

/// A type as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TypeText {
    Named(String, Vec<TypeText>),
    Array(Box<TypeText>),
    Nullable(Box<TypeText>),
}

/// `class String : IComparable, IEnumerable<char>` and the like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub(crate) word: String,
    pub(crate) name: String,
    pub(crate) params: Vec<String>,
    pub(crate) bases: Vec<TypeText>,
    /// Of a delegate.
    pub(crate) signature: Option<(TypeText, Vec<ParamText>)>,
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

/// # Panics
/// The text is not a member.
pub(crate) fn member(text: &str) -> Signature {
    let mut reader = Reader { text, rest: text };
    let signature = reader.member();
    reader.end();
    signature
}

/// # Panics
/// The text is not the header of a type.
pub(crate) fn header(text: &str) -> Header {
    let mut reader = Reader { text, rest: text };
    let word = reader.word();
    if word == "delegate" {
        let returns = reader.ty();
        let name = reader.word();
        let params = reader.type_params();
        reader.need("(");
        let signature = Some((returns, reader.params(")")));
        reader.end();
        return Header { word, name, params, bases: Vec::new(), signature };
    }
    let name = reader.word();
    let params = reader.type_params();
    let mut bases = Vec::new();
    if reader.take(":") {
        bases.push(reader.ty());
        while reader.take(",") {
            bases.push(reader.ty());
        }
    }
    reader.end();
    Header { word, name, params, bases, signature: None }
}

impl<'a> Reader<'a> {
    fn member(&mut self) -> Signature {
        let is_static = self.take_word("static");
        let form = match () {
            () if self.take_word("implicit") => Some(Form::Implicit),
            () if self.take_word("explicit") => Some(Form::Explicit),
            () => None,
        };
        if let Some(form) = form {
            self.need("operator");
            let returns = self.ty();
            self.need("(");
            let params = self.params(")");
            let name = String::new();
            return Signature {
                is_static,
                form,
                name,
                type_params: Vec::new(),
                returns,
                params,
                has_setter: false,
            };
        }
        if self.take_word("new") {
            self.need("(");
            let params = self.params(")");
            return Signature {
                is_static: true,
                form: Form::Constructor,
                name: ".ctor".to_owned(),
                type_params: Vec::new(),
                returns: TypeText::Named("void".to_owned(), Vec::new()),
                params,
                has_setter: false,
            };
        }
        let returns = self.ty();
        let signature = |form, name: String, type_params, params, has_setter| Signature {
            is_static,
            form,
            name,
            type_params,
            returns: returns.clone(),
            params,
            has_setter,
        };
        if self.take_word("operator") {
            let symbol: String = self
                .rest
                .chars()
                .take_while(|char| *char != '(')
                .filter(|char| !char.is_whitespace())
                .collect();
            self.rest = &self.rest[self.rest.find('(').unwrap_or_default()..];
            self.need("(");
            let params = self.params(")");
            return signature(Form::Operator, symbol, Vec::new(), params, false);
        }
        let name = self.word();
        if name == "this" {
            self.need("[");
            let params = self.params("]");
            let has_setter = self.accessors();
            return signature(Form::Indexer, "Item".to_owned(), Vec::new(), params, has_setter);
        }
        let type_params = self.type_params();
        if self.take("(") {
            let params = self.params(")");
            return signature(Form::Method, name, type_params, params, false);
        }
        let has_setter = self.accessors();
        signature(Form::Property, name, Vec::new(), Vec::new(), has_setter)
    }

    fn accessors(&mut self) -> bool {
        self.need("{");
        self.need("get;");
        let has_setter = self.take("set;");
        self.need("}");
        has_setter
    }

    fn type_params(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if self.take("<") {
            names.push(self.word());
            while self.take(",") {
                names.push(self.word());
            }
            self.need(">");
        }
        names
    }

    fn params(&mut self, close: &str) -> Vec<ParamText> {
        let mut params = Vec::new();
        if self.take(close) {
            return params;
        }
        loop {
            let is_this = self.take_word("this");
            let is_params = self.take_word("params");
            let is_out = self.take_word("out");
            let ty = self.ty();
            let name = self.word();
            let default = self.take("=").then(|| {
                let end = self.rest.find([',', ')']).unwrap_or(self.rest.len());
                let (value, rest) = self.rest.split_at(end);
                self.rest = rest;
                value.trim().to_owned()
            });
            params.push(ParamText { name, ty, is_this, is_params, is_out, default });
            if !self.take(",") {
                self.need(close);
                return params;
            }
        }
    }

    fn ty(&mut self) -> TypeText {
        let mut name = self.word();
        while self.take(".") {
            name = self.word();
        }
        let mut arguments = Vec::new();
        if self.take("<") {
            arguments.push(self.ty());
            while self.take(",") {
                arguments.push(self.ty());
            }
            self.need(">");
        }
        let mut ty = TypeText::Named(name, arguments);
        loop {
            if self.take("[]") {
                ty = TypeText::Array(Box::new(ty));
            } else if self.take("?") {
                ty = TypeText::Nullable(Box::new(ty));
            } else {
                return ty;
            }
        }
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.blanks();
        let ends = |rest: &&str| !rest.starts_with(|char: char| char.is_alphanumeric() || char == '_');
        let rest = self.rest.strip_prefix(word).filter(ends);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn need(&mut self, token: &str) {
        assert!(self.take(token), "`{token}` expected before `{}` in `{}`", self.rest, self.text);
    }

    fn word(&mut self) -> String {
        self.blanks();
        let end =
            self.rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(self.rest.len());
        assert!(end > 0, "a name expected before `{}` in `{}`", self.rest, self.text);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn end(&mut self) {
        self.blanks();
        assert!(self.rest.is_empty(), "`{}` is left of `{}`", self.rest, self.text);
    }
}

/// Makes a type of its text; `params` are the type parameters in scope.
pub(crate) fn resolve(
    text: &TypeText,
    params: &[String],
    find: &dyn Fn(&str, usize) -> Option<Ty>,
    whole: &str,
) -> Ty {
    match text {
        TypeText::Array(element) => Ty::array(resolve(element, params, find, whole)),
        TypeText::Nullable(inner) => resolve(inner, params, find, whole).nullable(),
        TypeText::Named(name, arguments) => {
            if name == "void" {
                return Ty::Void;
            }
            if name == "dynamic" {
                return Ty::Dynamic;
            }
            if let Some(at) = params.iter().position(|param| param == name) {
                return Ty::Param(u8::try_from(at).expect("few type parameters"));
            }
            let ty = find(name, arguments.len());
            let ty = ty.unwrap_or_else(|| {
                panic!("no type `{name}` with {} arguments, in `{whole}`", arguments.len())
            });
            match ty {
                Ty::Named(id, _) => Ty::Named(
                    id,
                    arguments.iter().map(|argument| resolve(argument, params, find, whole)).collect(),
                ),
                other => other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read() {
        let it = member(
            "static TSource First<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)",
        );
        assert!(it.is_static && it.form == Form::Method && it.params[0].is_this);
        assert_eq!((it.name.as_str(), it.params.len(), it.type_params.len()), ("First", 2, 1));
        let it = member("char this[int index] { get; set; }");
        assert!(it.form == Form::Indexer && it.has_setter);
        let it = member("static DateTime operator + (DateTime d, TimeSpan t)");
        assert_eq!((it.form, it.name.as_str()), (Form::Operator, "+"));
        let it = member("new(params string[] parts)");
        assert!(it.form == Form::Constructor && it.params[0].is_params);
        let it = member("bool TryGet(string key = null, out T? value)");
        assert_eq!(it.params[0].default.as_deref(), Some("null"));
        assert!(it.params[1].is_out && matches!(it.params[1].ty, TypeText::Nullable(_)));
        assert_eq!(member("static implicit operator JToken(int value)").form, Form::Implicit);
        let it = header("class List<T> : IList<T>, IReadOnlyList<T>");
        assert_eq!((it.name.as_str(), it.params.len(), it.bases.len()), ("List", 1, 2));
    }
}
