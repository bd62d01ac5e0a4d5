//! What an expression is compiled to: a tree in which every name, overload and conversion is decided.

use rust_decimal::Decimal;

use super::cx::Native;
use crate::context::Part;
use crate::syntax::ast::BinaryOp;
use crate::types::{Ty, TypeId};

/// A number of a local variable within its function.
pub type Slot = u16;

#[derive(Debug)]
pub enum Const {
    Null,
    Bool(bool),
    Char(u16),
    Int(i32),
    UInt(u32),
    Long(i64),
    ULong(u64),
    Single(f32),
    Double(f64),
    Decimal(Decimal),
    Text(Box<str>),
    Enum(TypeId, i32),
    Part(Part),
    /// The default value of a struct.
    Default(Ty),
}

/// Numeric types that arithmetic is done in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Num {
    Int,
    UInt,
    Long,
    ULong,
    Single,
    Double,
    Decimal,
}

/// Types that numbers are converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumTy {
    SByte,
    Byte,
    Int16,
    UInt16,
    Int,
    UInt,
    Long,
    ULong,
    Char,
    Single,
    Double,
    Decimal,
    Enum(TypeId),
}

/// How two values are held to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equality {
    Number(Num),
    Text,
    /// Values of one type, or null.
    Value,
    Reference,
}

#[derive(Debug)]
pub enum Node {
    Const(Const),
    Local(Slot),
    /// A variable that a lambda shares.
    Shared(Slot),
    SetLocal(Slot, Box<Node>),
    SetShared(Slot, Box<Node>),
    Call(Box<Call>),
    /// Calls a delegate: the first is the delegate.
    Invoke(Box<[Node]>),
    Lambda(Box<MakeLambda>),
    Arithmetic {
        op: BinaryOp,
        num: Num,
        is_checked: bool,
        operands: Box<[Node; 2]>,
    },
    Compare {
        op: BinaryOp,
        num: Num,
        operands: Box<[Node; 2]>,
    },
    Equal {
        how: Equality,
        is_negated: bool,
        operands: Box<[Node; 2]>,
    },
    /// `&`, `|`, `^` of flags.
    Logical {
        op: BinaryOp,
        operands: Box<[Node; 2]>,
    },
    /// An operator over two values of which either may be null: the rest is worked out on
    /// the operands, which are the receivers then, innermost last.
    Lift {
        otherwise: Const,
        operands: Box<[Node; 2]>,
        with: Box<Node>,
    },
    /// The n-th receiver from the innermost.
    Receiver(u8),
    Negate {
        num: Num,
        is_checked: bool,
        operand: Box<Node>,
    },
    Complement {
        num: Num,
        operand: Box<Node>,
    },
    Not(Box<Node>),
    AndAlso(Box<[Node]>),
    OrElse(Box<[Node]>),
    Concat(Box<[Node]>),
    Interpolate(Box<[Piece]>),
    Coalesce(Box<[Node; 2]>),
    /// Null where the first is null, else the second with the first as receiver.
    Conditional(Box<[Node; 2]>),
    /// The second with the first as receiver; the value is the first.
    With(Box<Node>, Box<[Node]>),
    Ternary(Box<[Node; 3]>),
    Convert {
        to: NumTy,
        is_checked: bool,
        operand: Box<Node>,
    },
    /// Unboxing and reference conversions: checked at run time.
    Cast {
        ty: Ty,
        operand: Box<Node>,
    },
    As {
        ty: Ty,
        operand: Box<Node>,
    },
    Is {
        operand: Box<Node>,
        pattern: PatternCode,
    },
    Throw(Box<Node>),
    NewArray {
        element: Ty,
        size: Box<Node>,
    },
    Items {
        element: Ty,
        items: Box<[Node]>,
    },
    ArrayGet(Box<[Node; 2]>),
    ArraySet(Box<[Node; 3]>),
    ArrayLength(Box<Node>),
    Record {
        ty: Ty,
        fields: Box<[Node]>,
    },
    Field {
        at: u16,
        of: Box<Node>,
    },
    Sequence(Box<[Node]>),
    Dynamic(Box<DynamicCall>),
}

#[derive(Debug)]
pub struct DynamicCall {
    pub what: DynamicOp,
    pub operands: Box<[Node]>,
}

/// What is decided only when the value is there.
#[derive(Debug)]
pub enum DynamicOp {
    Get(Box<str>),
    Set(Box<str>),
    Index,
    SetIndex,
    Call(Box<str>),
    Binary(BinaryOp),
    Not,
    Negate,
    Convert { to: Ty, is_explicit: bool },
}

#[derive(Debug)]
pub enum Piece {
    Text(Box<str>),
    Hole { value: Node, alignment: i32, format: Option<Box<str>> },
}

pub struct Call {
    pub name: &'static str,
    pub native: Native,
    pub arguments: Box<[Node]>,
    pub types: Box<[Ty]>,
    /// The first argument must not be null.
    pub has_receiver: bool,
    /// The value of the call is its last argument.
    pub is_setter: bool,
    /// Arguments that are given out, and where to.
    pub outs: Box<[(u16, Out)]>,
}

#[derive(Debug, Clone, Copy)]
pub enum Out {
    Local(Slot),
    Shared(Slot),
    /// A shared variable that begins here.
    Fresh(Slot),
    Discard,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?}", self.name, self.arguments)
    }
}

#[derive(Debug)]
pub struct MakeLambda {
    pub code: Lambda,
    /// Slots of the surrounding function that are shared, in the order of [`Lambda::captures`].
    pub captures: Box<[Slot]>,
    pub ty: Ty,
}

/// A function: its parameters come first in its slots.
#[derive(Debug)]
pub struct Lambda {
    pub parameters: u16,
    /// Where the variables of surrounding functions go.
    pub captures: Box<[Slot]>,
    /// Parameters that lambdas within share; they are put into cells first.
    pub shared_parameters: Box<[Slot]>,
    pub slots: u16,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    Expression(Node),
    Block(Box<[Stmt]>),
}

#[derive(Debug)]
pub enum Stmt {
    Expression(Node),
    /// A new variable; a shared one gets a new cell.
    Declare {
        slot: Slot,
        is_shared: bool,
        value: Option<Node>,
    },
    Block(Box<[Stmt]>),
    If {
        condition: Node,
        then: Box<Stmt>,
        otherwise: Option<Box<Stmt>>,
    },
    While {
        condition: Node,
        body: Box<Stmt>,
    },
    DoWhile {
        body: Box<Stmt>,
        condition: Node,
    },
    For {
        start: Box<[Stmt]>,
        condition: Option<Node>,
        next: Box<[Node]>,
        body: Box<Stmt>,
    },
    /// `convert` works on the receiver.
    ForEach {
        slot: Slot,
        is_shared: bool,
        collection: Node,
        convert: Option<Node>,
        body: Box<Stmt>,
    },
    Switch {
        subject: Slot,
        value: Node,
        sections: Box<[SectionCode]>,
    },
    Try {
        body: Box<[Stmt]>,
        catches: Box<[CatchCode]>,
        finally: Option<Box<[Stmt]>>,
    },
    Throw(Option<Node>),
    Return(Option<Node>),
    Break,
    Continue,
}

#[derive(Debug)]
pub struct SectionCode {
    /// Conditions over the subject; `None` is `default`.
    pub labels: Box<[Option<Node>]>,
    pub body: Box<[Stmt]>,
}

#[derive(Debug)]
pub struct CatchCode {
    /// Full name of the exception type.
    pub ty: &'static str,
    pub slot: Option<(Slot, bool)>,
    pub when: Option<Node>,
    pub body: Box<[Stmt]>,
}

#[derive(Debug)]
pub enum PatternCode {
    /// Tests the type; puts the value into a variable where one is named.
    Type { ty: Ty, into: Option<Out> },
    /// `is var x`: always true.
    Any(Out),
    /// The condition is over the receiver.
    Constant(Box<Node>),
}
