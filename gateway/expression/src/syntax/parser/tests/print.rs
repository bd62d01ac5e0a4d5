//! The syntax tree as an s-expression, compact enough for tables of cases.

use crate::syntax::ast::*;

pub(super) fn source(source: &Source) -> String {
    match source {
        Source::Expression(expr) => self::expr(expr),
        Source::Block(block) => self::block(block),
    }
}

fn join<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().map(print).collect::<Vec<_>>().join(" ")
}

fn option<T>(item: Option<&T>, print: impl Fn(&T) -> String) -> String {
    item.map_or_else(String::new, |item| format!(" {}", print(item)))
}

// === statements ===

fn block(block: &Block) -> String {
    format!("{{{}}}", join(&block.statements, stmt))
}

pub(super) fn stmt(stmt: &Stmt) -> String {
    match &stmt.kind {
        StmtKind::Empty => ";".into(),
        StmtKind::Block(body) => block(body),
        StmtKind::Local(declaration) => local(declaration),
        StmtKind::Expression(value) => expr(value),
        StmtKind::If { condition, then, otherwise } => {
            let otherwise = option(otherwise.as_ref(), |otherwise| self::stmt(otherwise));
            format!("(if {} {}{otherwise})", expr(condition), self::stmt(then))
        }
        StmtKind::While { condition, body } => format!("(while {} {})", expr(condition), self::stmt(body)),
        StmtKind::DoWhile { body, condition } => format!("(do {} {})", self::stmt(body), expr(condition)),
        StmtKind::For { initialisers, condition, iterators, body } => {
            let initialisers = match initialisers {
                ForInitialiser::Local(declaration) => local(declaration),
                ForInitialiser::Expressions(expressions) => join(expressions, expr),
            };
            let condition = option(condition.as_ref(), expr);
            format!("(for [{initialisers}]{condition} [{}] {})", join(iterators, expr), self::stmt(body))
        }
        StmtKind::ForEach { ty, name, collection, body } => {
            format!("(foreach {} {} {} {})", type_or_var(ty), name.text, expr(collection), self::stmt(body))
        }
        StmtKind::Switch { subject, sections } => {
            format!("(switch {} {})", expr(subject), join(sections, section))
        }
        StmtKind::Try { body, catches, finally } => {
            let finally = option(finally.as_ref(), |body| format!("(finally {})", block(body)));
            format!("(try {}{}{finally})", block(body), catches.iter().map(catch).collect::<String>())
        }
        StmtKind::Throw(value) => format!("(throw{})", option(value.as_ref(), expr)),
        StmtKind::Return(value) => format!("(return{})", option(value.as_ref(), expr)),
        StmtKind::Break => "break".into(),
        StmtKind::Continue => "continue".into(),
        StmtKind::Using { resource, body } => {
            let resource = match resource {
                UsingResource::Local(declaration) => local(declaration),
                UsingResource::Expression(value) => expr(value),
            };
            format!("(using {resource} {})", self::stmt(body))
        }
        StmtKind::LocalFunction(function) => {
            let parameters = join(&function.parameters, parameter);
            let returns = ty(&function.returns);
            format!("(fn {returns} {} [{parameters}] {})", function.name.text, body(&function.body))
        }
        StmtKind::Checked { is_checked, body } => {
            format!("({} {})", if *is_checked { "checked" } else { "unchecked" }, block(body))
        }
    }
}

fn local(declaration: &LocalDeclaration) -> String {
    let keyword = if declaration.is_const { "const" } else { "let" };
    let variables = join(&declaration.variables, |(name, value)| match value {
        Some(value) => format!("{}={}", name.text, expr(value)),
        None => name.text.clone(),
    });
    format!("({keyword} {} {variables})", type_or_var(&declaration.ty))
}

fn section(section: &SwitchSection) -> String {
    let labels = join(&section.labels, |label| match label {
        SwitchLabel::Case { pattern, when, .. } => {
            format!("(case {}{})", self::pattern(pattern), option(when.as_ref(), expr))
        }
        SwitchLabel::Default(_) => "default".into(),
    });
    format!("[{labels}: {}]", join(&section.statements, stmt))
}

fn catch(catch: &Catch) -> String {
    let ty = option(catch.ty.as_ref(), ty);
    let name = option(catch.name.as_ref(), |name| name.text.clone());
    let when = option(catch.when.as_ref(), |when| format!("when {}", expr(when)));
    format!(" (catch{ty}{name}{when} {})", block(&catch.body))
}

fn body(body: &FunctionBody) -> String {
    match body {
        FunctionBody::Expression(value) => expr(value),
        FunctionBody::Block(body) => block(body),
    }
}

fn parameter(parameter: &Parameter) -> String {
    let ty = parameter.ty.as_ref().map_or_else(String::new, |ty| format!("{} ", self::ty(ty)));
    let default = parameter.default.as_ref().map_or_else(String::new, |value| format!("={}", expr(value)));
    format!("({ty}{}{default})", parameter.name.text)
}

// === types and patterns ===

fn type_or_var(ty: &Option<TypeName>) -> String {
    ty.as_ref().map_or_else(|| "var".into(), self::ty)
}

fn ty(ty: &TypeName) -> String {
    match &ty.kind {
        TypeNameKind::Keyword(keyword) => (*keyword).to_owned(),
        TypeNameKind::Named(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| named(&part.name, &part.arguments)).collect();
            parts.join(".")
        }
        TypeNameKind::Array { .. } => array(ty),
        TypeNameKind::Nullable(element) => format!("{}?", self::ty(element)),
        TypeNameKind::Tuple(elements) => {
            let element = |(ty, name): &(TypeName, Option<Name>)| {
                format!("{}{}", self::ty(ty), option(name.as_ref(), |name| name.text.clone()))
            };
            format!("({})", elements.iter().map(element).collect::<Vec<_>>().join(","))
        }
    }
}

/// The outermost `[]` comes first, as in C#.
fn array(mut ty: &TypeName) -> String {
    let mut ranks = String::new();
    while let TypeNameKind::Array { element, rank } = &ty.kind {
        ranks += &format!("[{}]", ",".repeat(rank - 1));
        ty = element;
    }
    format!("{}{ranks}", self::ty(ty))
}

fn named(name: &Name, arguments: &[TypeName]) -> String {
    match arguments {
        [] => name.text.clone(),
        _ => format!("{}<{}>", name.text, arguments.iter().map(ty).collect::<Vec<_>>().join(",")),
    }
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Type(ty) => self::ty(ty),
        Pattern::Declaration { ty, name } => format!("({} {})", type_or_var(ty), name.text),
        Pattern::Constant(value) => format!("={}", expr(value)),
    }
}

// === expressions ===

pub(super) fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Interpolated(parts) => format!("($ {})", join(parts, interpolation)),
        ExprKind::Name { name, arguments } => named(name, arguments),
        ExprKind::Keyword(keyword) => (*keyword).to_owned(),
        ExprKind::Member { target, name, arguments } => {
            format!("{}.{}", expr(target), named(name, arguments))
        }
        ExprKind::Index { target, arguments } => format!("{}[{}]", expr(target), join(arguments, argument)),
        ExprKind::Call { target, arguments } => format!("{}({})", expr(target), join(arguments, argument)),
        ExprKind::Conditional { target, chain } => format!("(?. {} {})", expr(target), expr(chain)),
        ExprKind::Receiver => "^".into(),
        ExprKind::Unary { op, operand } => {
            let op = match op {
                UnaryOp::Plus => "+",
                UnaryOp::Minus => "-",
                UnaryOp::Not => "!",
                UnaryOp::Complement => "~",
            };
            format!("({op} {})", expr(operand))
        }
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", operator(*op), expr(left), expr(right))
        }
        ExprKind::Assign { op, target, value } => {
            format!("({}= {} {})", op.map_or("", operator), expr(target), expr(value))
        }
        ExprKind::Step { is_increment, is_prefix, target } => {
            let sign = if *is_increment { "++" } else { "--" };
            let place = if *is_prefix { "pre" } else { "post" };
            format!("({place}{sign} {})", expr(target))
        }
        ExprKind::Ternary { condition, then, otherwise } => {
            format!("(? {} {} {})", expr(condition), expr(then), expr(otherwise))
        }
        ExprKind::Cast { ty, operand } => format!("(cast {} {})", self::ty(ty), expr(operand)),
        ExprKind::As { operand, ty } => format!("(as {} {})", expr(operand), self::ty(ty)),
        ExprKind::Is { operand, pattern } => format!("(is {} {})", expr(operand), self::pattern(pattern)),
        ExprKind::New { ty, arguments, initialiser } => {
            let initialiser = option(initialiser.as_ref(), self::initialiser);
            format!("(new {} [{}]{initialiser})", self::ty(ty), join(arguments, argument))
        }
        ExprKind::NewAnonymous(members) => {
            format!("(new {{{}}})", join(members, |(name, value)| format!("{}={}", name.text, expr(value))))
        }
        ExprKind::NewArray { element, sizes, items } => {
            let element = element.as_ref().map_or_else(|| "_".into(), ty);
            let items = option(items.as_ref(), |items| format!("{{{}}}", join(items, expr)));
            format!("(array {element} [{}]{items})", join(sizes, expr))
        }
        ExprKind::ArrayInitialiser(items) => format!("{{{}}}", join(items, expr)),
        ExprKind::Lambda { parameters, body } => {
            format!("(=> [{}] {})", join(parameters, parameter), self::body(body))
        }
        ExprKind::Tuple(elements) => {
            let element = |(name, value): &(Option<Name>, Expr)| {
                let name = name.as_ref().map_or_else(String::new, |name| format!("{}:", name.text));
                format!("{name}{}", expr(value))
            };
            format!("(tuple {})", join(elements, element))
        }
        ExprKind::Throw(value) => format!("(throw {})", expr(value)),
        ExprKind::Default(ty) => format!("(default{})", option(ty.as_ref(), self::ty)),
        ExprKind::NameOf(value) => format!("(nameof {})", expr(value)),
        ExprKind::Checked { is_checked, operand } => {
            format!("({} {})", if *is_checked { "checked" } else { "unchecked" }, expr(operand))
        }
        ExprKind::TypeOf(ty) => format!("(typeof {})", self::ty(ty)),
        ExprKind::Parenthesised(value) => format!("({})", expr(value)),
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".into(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::UInt(value) => format!("{value}U"),
        Literal::Long(value) => format!("{value}L"),
        Literal::ULong(value) => format!("{value}UL"),
        Literal::Float(value) => format!("{value}f"),
        Literal::Double(value) => format!("{value:?}"),
        Literal::Decimal(digits) => format!("{digits}m"),
        Literal::Char(unit) => match char::from_u32(u32::from(*unit)) {
            Some(char) => format!("{char:?}"),
            None => format!("'\\u{{{unit:x}}}'"),
        },
        Literal::String(text) => format!("{text:?}"),
    }
}

fn interpolation(part: &Interpolation) -> String {
    match part {
        Interpolation::Text(text) => format!("{text:?}"),
        Interpolation::Hole { value, alignment, format } => {
            let alignment = alignment.as_ref().map_or_else(String::new, |value| format!(",{}", expr(value)));
            let format = format.as_ref().map_or_else(String::new, |format| format!(":{format:?}"));
            format!("{{{}{alignment}{format}}}", expr(value))
        }
    }
}

fn argument(argument: &Argument) -> String {
    let name = argument.name.as_ref().map_or_else(String::new, |name| format!("{}:", name.text));
    let value = match &argument.value {
        ArgumentValue::Value(value) => expr(value),
        ArgumentValue::Out(value) => format!("(out {})", expr(value)),
        ArgumentValue::OutLocal { ty, name } => format!("(out {} {})", type_or_var(ty), name.text),
        ArgumentValue::Ref(value) => format!("(ref {})", expr(value)),
    };
    format!("{name}{value}")
}

fn initialiser(initialiser: &Initialiser) -> String {
    match initialiser {
        Initialiser::Members(members) => format!("{{{}}}", join(members, member)),
        Initialiser::Elements(elements) => {
            format!("{{{}}}", join(elements, |arguments| format!("(add {})", join(arguments, expr))))
        }
    }
}

fn member(member: &MemberInitialiser) -> String {
    let target = match &member.target {
        InitialiserTarget::Member(name) => name.text.clone(),
        InitialiserTarget::Index(arguments) => format!("[{}]", join(arguments, argument)),
    };
    let value = match &member.value {
        InitialiserValue::Expr(value) => expr(value),
        InitialiserValue::Nested(nested) => initialiser(nested),
    };
    format!("{target}={value}")
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Less => "<",
        BinaryOp::Greater => ">",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::And => "&",
        BinaryOp::Xor => "^",
        BinaryOp::Or => "|",
        BinaryOp::AndAlso => "&&",
        BinaryOp::OrElse => "||",
        BinaryOp::Coalesce => "??",
    }
}
