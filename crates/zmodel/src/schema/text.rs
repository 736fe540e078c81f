//! Checked expressions as text of the language, for people who ask why.
//!
//! Every name says what it stands for: members of enums with their enum, the row of the rule as `this` inside of predicates. What is joined by
//! `&&` and `||` has parentheses, so that nobody has to know which weighs more.

use std::fmt::{self, Display, Formatter, Write};

use super::{Casing, Comparison, Expr, ExprKind, Function, Quantifier};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(f, self, Strength::Any, 0)
    }
}

/// What an expression must bind at least as strongly as, to stand without parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Any,
    And,
    Or,
    Equality,
    Order,
    Membership,
    Predicate,
    Single,
}

fn strength(expr: &Expr) -> Strength {
    match &expr.kind {
        ExprKind::And(..) => Strength::And,
        ExprKind::Or(..) => Strength::Or,
        ExprKind::Compare(_, Comparison::Equal | Comparison::NotEqual, _) => Strength::Equality,
        ExprKind::Compare(..) => Strength::Order,
        ExprKind::In(..) => Strength::Membership,
        ExprKind::Predicate { .. } => Strength::Predicate,
        _ => Strength::Single,
    }
}

/// Writes an expression inside of as many predicates.
fn write(f: &mut Formatter<'_>, expr: &Expr, least: Strength, depth: usize) -> fmt::Result {
    let own = strength(expr);
    // `&&` beside `||` is never without parentheses, although either binds no less than the other.
    let is_logic = |strength| matches!(strength, Strength::And | Strength::Or);
    let stands = own >= least && !(is_logic(own) && is_logic(least) && own != least);
    if stands {
        return bare(f, expr, own, depth);
    }
    f.write_char('(')?;
    bare(f, expr, own, depth)?;
    f.write_char(')')
}

fn bare(f: &mut Formatter<'_>, expr: &Expr, own: Strength, depth: usize) -> fmt::Result {
    match &expr.kind {
        ExprKind::Null => f.write_str("null"),
        ExprKind::Boolean(value) => write!(f, "{value}"),
        ExprKind::Number(written) => f.write_str(written),
        ExprKind::String(text) => quoted(f, text),
        ExprKind::EnumMember {
            enumeration,
            member,
        } => write!(f, "{enumeration}.{member}"),
        ExprKind::List(items) => {
            f.write_char('[')?;
            separated(f, items, depth)?;
            f.write_char(']')
        }
        ExprKind::Auth => f.write_str("auth()"),
        ExprKind::This => f.write_str("this"),
        ExprKind::Element(outward) => element(f, depth, *outward),
        ExprKind::Before => f.write_str("before()"),
        ExprKind::Member(row, name) => member(f, row, name, depth),
        ExprKind::Not(inner) => {
            f.write_char('!')?;
            write(f, inner, Strength::Single, depth)
        }
        ExprKind::And(left, right) => infix(f, (left, "&&", right), (own, own), depth),
        ExprKind::Or(left, right) => infix(f, (left, "||", right), (own, own), depth),
        ExprKind::Compare(left, comparison, right) => {
            let sign = comparison.sign();
            infix(f, (left, sign, right), (own, stronger(own)), depth)
        }
        ExprKind::In(left, right) => infix(f, (left, "in", right), (own, stronger(own)), depth),
        ExprKind::Predicate {
            quantifier,
            collection,
            condition,
        } => {
            write(f, collection, Strength::Single, depth)?;
            write!(f, "{}[", quantifier.sign())?;
            if condition.reaches_out(0) {
                element(f, depth + 1, 0)?;
                f.write_str(", ")?;
            }
            write(f, condition, Strength::Any, depth + 1)?;
            f.write_char(']')
        }
        ExprKind::Call(function, arguments) => {
            write!(f, "{}(", function.name())?;
            separated(f, arguments, depth)?;
            f.write_char(')')
        }
        ExprKind::Check {
            relation,
            operation,
        } => {
            f.write_str("check(")?;
            write(f, relation, Strength::Any, depth)?;
            if let Some(operation) = operation {
                write!(f, ", '{}'", operation.name())?;
            }
            f.write_char(')')
        }
        ExprKind::CurrentModel(casing) => write!(f, "currentModel({})", argument(*casing)),
        ExprKind::CurrentOperation(casing) => write!(f, "currentOperation({})", argument(*casing)),
    }
}

fn infix(
    f: &mut Formatter<'_>,
    (left, sign, right): (&Expr, &str, &Expr),
    (before, after): (Strength, Strength),
    depth: usize,
) -> fmt::Result {
    write(f, left, before, depth)?;
    write!(f, " {sign} ")?;
    write(f, right, after, depth)
}

fn stronger(strength: Strength) -> Strength {
    match strength {
        Strength::Equality => Strength::Order,
        Strength::Order => Strength::Membership,
        _ => Strength::Predicate,
    }
}

/// The row of the rule goes without saying where nothing else is near, as does the element of the innermost predicate.
fn member(f: &mut Formatter<'_>, row: &Expr, name: &str, depth: usize) -> fmt::Result {
    let goes_without_saying = match row.kind {
        ExprKind::This => depth == 0,
        ExprKind::Element(outward) => outward == 0,
        _ => false,
    };
    if !goes_without_saying {
        write(f, row, Strength::Single, depth)?;
        f.write_char('.')?;
    }
    f.write_str(name)
}

/// A name for the element of the predicate that stands `outward` around the innermost.
fn element(f: &mut Formatter<'_>, depth: usize, outward: usize) -> fmt::Result {
    write!(f, "row{}", depth.saturating_sub(outward))
}

fn separated(f: &mut Formatter<'_>, items: &[Expr], depth: usize) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        write(f, item, Strength::Any, depth)?;
    }
    Ok(())
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    for character in text.chars() {
        match character {
            '\'' | '\\' => write!(f, "\\{character}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('\'')
}

fn argument(casing: Casing) -> &'static str {
    match casing {
        Casing::Original => "",
        Casing::Upper => "'upper'",
        Casing::Lower => "'lower'",
        Casing::Capitalize => "'capitalize'",
        Casing::Uncapitalize => "'uncapitalize'",
    }
}

impl Expr {
    /// Whether a predicate in it looks at the element that is `outward` around it.
    fn reaches_out(&self, outward: usize) -> bool {
        match &self.kind {
            ExprKind::Element(found) => outward > 0 && *found == outward,
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => collection.reaches_out(outward) || condition.reaches_out(outward + 1),
            _ => self
                .children()
                .into_iter()
                .any(|child| child.reaches_out(outward)),
        }
    }
}

impl Comparison {
    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl Quantifier {
    /// How it is written.
    pub fn sign(self) -> char {
        match self {
            Quantifier::Some => '?',
            Quantifier::Every => '!',
            Quantifier::None => '^',
        }
    }
}

impl Function {
    /// Its name, of the newer language.
    pub fn name(self) -> &'static str {
        match self {
            Function::Now => "now",
            Function::Contains => "contains",
            Function::StartsWith => "startsWith",
            Function::EndsWith => "endsWith",
            Function::Has => "has",
            Function::HasSome => "hasSome",
            Function::HasEvery => "hasEvery",
            Function::IsEmpty => "isEmpty",
            Function::Length => "length",
            Function::Regex => "regex",
            Function::IsEmail => "isEmail",
            Function::IsUrl => "isUrl",
            Function::IsDateTime => "isDateTime",
            Function::IsDate => "isDate",
            Function::IsTime => "isTime",
            Function::IsPhone => "isPhone",
        }
    }
}
