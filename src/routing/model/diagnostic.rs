//! A user's mistake as a value: what was refused, why, and what would be right.

/// One finding. It never stops anything but the object it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Stable machine-readable kind, kebab-case.
    pub code: &'static str,
    /// Whom it concerns: `container web-1`, `env whoami/dev`, `network front`.
    pub subject: String,
    /// The label or field, when one is to blame.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Diagnostic {
    /// A finding about a subject.
    pub fn new(code: &'static str, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            subject: subject.into(),
            key: None,
            message: message.into(),
        }
    }

    /// Names who is to blame for the object that the finding is about.
    #[must_use]
    pub fn blaming(mut self, subject: String) -> Self {
        if self.subject != subject {
            self.message = format!("{}: {}", self.subject, self.message);
            self.subject = subject;
        }
        self
    }

    /// Names the label or field to blame.
    #[must_use]
    pub fn at(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}
