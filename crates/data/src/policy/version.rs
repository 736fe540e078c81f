/// Which generation of the language's answers a client gives where the two disagree.
///
/// Source: contract zenstack §1.9. See `docs/design/access-rules.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DialectVersion {
    /// What the person lacks, and who is nobody, compares with nothing: `auth().role != 'ADMIN'` is not true of nobody.
    Two,
    /// What the person lacks differs from every value: `auth().role != 'ADMIN'` is true of nobody.
    #[default]
    Three,
}
