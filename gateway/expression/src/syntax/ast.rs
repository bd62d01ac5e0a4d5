//! The syntax tree of an expression: C# 7.3 as far as policies use it (ECMA-334, clauses 12 and 13).
//!
//! Names are not resolved here: `a.b.c` may be a namespace, a type or a value, and `(a)(b)` a cast or a
//! call. The parser decides only what the grammar decides; the binder decides the rest.

use crate::span::Span;

/// What stands between `@(` and `)`, or `@{` and `}`.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `@( e )`
    Expression(Expr),
    /// `@{ s… }`
    Block(Block),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Without a leading `@`.
    pub text: String,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub statements: Vec<Stmt>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    Empty,
    Block(Block),
    /// `var a = 1, b;` and `const int c = 2;`
    Local(LocalDeclaration),
    Expression(Expr),
    If {
        condition: Expr,
        then: Box<Stmt>,
        otherwise: Option<Box<Stmt>>,
    },
    While {
        condition: Expr,
        body: Box<Stmt>,
    },
    DoWhile {
        body: Box<Stmt>,
        condition: Expr,
    },
    For {
        initialisers: ForInitialiser,
        condition: Option<Expr>,
        iterators: Vec<Expr>,
        body: Box<Stmt>,
    },
    ForEach {
        /// `None` is `var`.
        ty: Option<TypeName>,
        name: Name,
        collection: Expr,
        body: Box<Stmt>,
    },
    Switch {
        subject: Expr,
        sections: Vec<SwitchSection>,
    },
    Try {
        body: Block,
        catches: Vec<Catch>,
        finally: Option<Block>,
    },
    /// `None` throws again what was caught.
    Throw(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Using {
        resource: UsingResource,
        body: Box<Stmt>,
    },
    LocalFunction(LocalFunction),
    /// `checked { … }` is true, `unchecked { … }` is false.
    Checked {
        is_checked: bool,
        body: Block,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalDeclaration {
    pub is_const: bool,
    /// `None` is `var`.
    pub ty: Option<TypeName>,
    pub variables: Vec<(Name, Option<Expr>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ForInitialiser {
    Local(LocalDeclaration),
    Expressions(Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum UsingResource {
    Local(LocalDeclaration),
    Expression(Expr),
}

#[derive(Debug, Clone, PartialEq)]
pub struct SwitchSection {
    pub labels: Vec<SwitchLabel>,
    pub statements: Vec<Stmt>,
    pub span: Span,
}

// Labels and holes are few: boxes would cost their readers more than the room.
#[expect(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq)]
pub enum SwitchLabel {
    Case { pattern: Pattern, when: Option<Expr>, span: Span },
    Default(Span),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    /// `None` catches everything.
    pub ty: Option<TypeName>,
    pub name: Option<Name>,
    pub when: Option<Expr>,
    pub body: Block,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalFunction {
    pub returns: TypeName,
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub body: FunctionBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FunctionBody {
    Expression(Box<Expr>),
    Block(Block),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `None` where a lambda leaves the type to its context.
    pub ty: Option<TypeName>,
    pub name: Name,
    /// Of local functions.
    pub default: Option<Expr>,
}

/// A type as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeName {
    pub kind: TypeNameKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeNameKind {
    /// `int`, `string`, `object`, `dynamic`, `void`, … as keywords (`dynamic` counts as one).
    Keyword(&'static str),
    /// `System.Collections.Generic.List<string>`, part by part.
    Named(Vec<NamePart>),
    /// `T[]`, `T[,]` has rank 2.
    Array { element: Box<TypeName>, rank: usize },
    /// `T?`
    Nullable(Box<TypeName>),
    /// `(int a, string b)`
    Tuple(Vec<(TypeName, Option<Name>)>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct NamePart {
    pub name: Name,
    pub arguments: Vec<TypeName>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// `$"a{b,5:N2}"`
    Interpolated(Vec<Interpolation>),
    /// `a` or `F<int>` in `F<int>(…)`
    Name {
        name: Name,
        arguments: Vec<TypeName>,
    },
    /// `int` in `int.Parse(…)`
    Keyword(&'static str),
    /// `a.b`, `a.As<T>`
    Member {
        target: Box<Expr>,
        name: Name,
        arguments: Vec<TypeName>,
    },
    /// `a[b]`
    Index {
        target: Box<Expr>,
        arguments: Vec<Argument>,
    },
    Call {
        target: Box<Expr>,
        arguments: Vec<Argument>,
    },
    /// `a?.b…`: `chain` is what follows, with [`ExprKind::Receiver`] where `a` stands. It extends to the
    /// end of the primary expression, so that all of it is skipped.
    Conditional {
        target: Box<Expr>,
        chain: Box<Expr>,
    },
    /// Stands for the target within the chain of a [`ExprKind::Conditional`].
    Receiver,
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a = b`, `a += b`
    Assign {
        op: Option<BinaryOp>,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `++a`, `a--`
    Step {
        is_increment: bool,
        is_prefix: bool,
        target: Box<Expr>,
    },
    Ternary {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    Cast {
        ty: TypeName,
        operand: Box<Expr>,
    },
    As {
        operand: Box<Expr>,
        ty: TypeName,
    },
    Is {
        operand: Box<Expr>,
        pattern: Pattern,
    },
    /// `new T(…) { … }`
    New {
        ty: TypeName,
        arguments: Vec<Argument>,
        initialiser: Option<Initialiser>,
    },
    /// `new { A = 1, b.C }`: the name is given or that of the last member.
    NewAnonymous(Vec<(Name, Expr)>),
    /// `new T[n] { … }`, `new[] { … }`; an element type of `None` is inferred. `rank` counts `[]` behind
    /// the sized one: `new T[n][]` has element type `T[]`, which is folded into `element`.
    NewArray {
        element: Option<TypeName>,
        sizes: Vec<Expr>,
        items: Option<Vec<Expr>>,
    },
    /// `{ 1, 2 }` as the initialiser of an array variable.
    ArrayInitialiser(Vec<Expr>),
    Lambda {
        parameters: Vec<Parameter>,
        body: FunctionBody,
    },
    /// `(a, b: c)`
    Tuple(Vec<(Option<Name>, Expr)>),
    /// `throw e` as an expression, right of `??` or in `?:`.
    Throw(Box<Expr>),
    /// `default(T)`; `None` is the literal `default`.
    Default(Option<TypeName>),
    NameOf(Box<Expr>),
    /// `checked(e)` is true, `unchecked(e)` is false.
    Checked {
        is_checked: bool,
        operand: Box<Expr>,
    },
    /// `typeof(T)`: always refused by the binder, which names the type.
    TypeOf(TypeName),
    Parenthesised(Box<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: ArgumentValue,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ArgumentValue {
    Value(Expr),
    /// `out x`
    Out(Expr),
    /// `out var x`, `out int x`, and `out _` with no name to keep.
    OutLocal {
        ty: Option<TypeName>,
        name: Name,
    },
    /// `ref x`: refused by the binder.
    Ref(Expr),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Initialiser {
    /// `{ A = 1, B = { … }, ["k"] = 2 }`
    Members(Vec<MemberInitialiser>),
    /// `{ 1, 2, { "k", "v" } }`: the arguments of each `Add`.
    Elements(Vec<Vec<Expr>>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct MemberInitialiser {
    pub target: InitialiserTarget,
    pub value: InitialiserValue,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum InitialiserTarget {
    Member(Name),
    Index(Vec<Argument>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum InitialiserValue {
    Expr(Expr),
    /// `A = { … }`: initialises what `A` already holds.
    Nested(Initialiser),
}

#[expect(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq)]
pub enum Interpolation {
    /// Escapes are resolved.
    Text(String),
    Hole {
        value: Expr,
        alignment: Option<Expr>,
        format: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i32),
    UInt(u32),
    Long(i64),
    ULong(u64),
    Float(f32),
    Double(f64),
    /// The digits as written, without the suffix and underscores.
    Decimal(String),
    /// A UTF-16 code unit.
    Char(u16),
    /// Unpaired surrogates become U+FFFD.
    String(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// `is T`: in an `is` a name may be a type or a constant; the binder decides, and the parser gives
    /// this kind whenever what follows reads as a type.
    Type(TypeName),
    /// `is T x`, `is T _`; a type of `None` is `var`.
    Declaration {
        ty: Option<TypeName>,
        name: Name,
    },
    Constant(Box<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    Complement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Xor,
    Or,
    AndAlso,
    OrElse,
    Coalesce,
}
