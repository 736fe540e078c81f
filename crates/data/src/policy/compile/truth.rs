use hallpass_sql::Expr;

/// When a condition is true.
///
/// INVARIANT: of SQL's three truth values only `TRUE` counts: what is false or unknown admits nothing. So an expression
/// here may give either for the other. Negation is worked out where a condition is made, never around one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Truth {
    Never,
    Always,
    /// Where this is `TRUE`.
    When(Expr),
}

/// From here on alternatives are not looked through for what was said already.
const MANY: usize = 32;

impl Truth {
    pub(crate) fn known(truth: bool) -> Self {
        if truth { Self::Always } else { Self::Never }
    }

    /// Where both are true.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::When(one), Self::When(other)) => {
                let mut parts = conjuncts(one);
                parts.extend(conjuncts(other));
                Self::When(Expr::And(parts))
            }
        }
    }

    /// Where one is true.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::When(one), Self::When(other)) => {
                let mut parts = disjuncts(one);
                for part in disjuncts(other) {
                    // Of long lists nobody repeats all, and to look for it would take long.
                    if parts.len() > MANY || !parts.contains(&part) {
                        parts.push(part);
                    }
                }
                Self::When(Expr::Or(parts))
            }
        }
    }

    /// Where it is not true: false or unknown.
    pub(crate) fn untrue(self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Always => Self::Never,
            Self::When(expr) => {
                let decided = if is_never_null(&expr) {
                    expr
                } else {
                    Expr::Coalesce(vec![expr, Expr::Bool(false)])
                };
                Self::When(Expr::Not(Box::new(decided)))
            }
        }
    }

    /// As a filter: nothing where it is always so.
    pub(crate) fn into_filter(self) -> Option<Expr> {
        match self {
            Self::Always => None,
            Self::Never => Some(Expr::Bool(false)),
            Self::When(expr) => Some(expr),
        }
    }
}

fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr {
        Expr::And(parts) => parts,
        other => vec![other],
    }
}

fn disjuncts(expr: Expr) -> Vec<Expr> {
    match expr {
        Expr::Or(parts) => parts,
        other => vec![other],
    }
}

fn is_never_null(expr: &Expr) -> bool {
    match expr {
        Expr::Bool(_) | Expr::Exists(_) | Expr::IsNull(_) | Expr::IsNotNull(_) => true,
        Expr::Not(inner) => is_never_null(inner),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(is_never_null),
        Expr::Coalesce(parts) => parts.last().is_some_and(is_never_null),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(name: &str) -> Truth {
        Truth::When(Expr::column(name))
    }

    #[test]
    fn what_is_known_leaves_nothing_to_the_database() {
        assert_eq!(Truth::Always.and(when("a")), when("a"));
        assert_eq!(Truth::Never.and(when("a")), Truth::Never);
        assert_eq!(when("a").or(Truth::Always), Truth::Always);
        assert_eq!(when("a").or(Truth::Never), when("a"));
        assert_eq!(
            when("a").or(when("a").or(when("b"))),
            when("a").or(when("b"))
        );
        assert_eq!(Truth::Always.untrue(), Truth::Never);
        assert_eq!(Truth::Always.into_filter(), None);
        assert_eq!(Truth::Never.into_filter(), Some(Expr::Bool(false)));
    }

    #[test]
    fn what_is_unknown_is_not_true() {
        let decided = Expr::Coalesce(vec![Expr::column("a"), Expr::Bool(false)]);
        assert_eq!(
            when("a").untrue(),
            Truth::When(Expr::Not(Box::new(decided)))
        );
        let null = Expr::IsNull(Box::new(Expr::column("a")));
        let plainly = Truth::When(Expr::Not(Box::new(null.clone())));
        assert_eq!(Truth::When(null).untrue(), plainly);
    }
}
