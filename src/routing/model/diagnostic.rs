//! A user's mistake as a value: what was refused, why, and what would be right.

use super::secrecy;

/// Longest value that is shown, in characters.
const MAX_VALUE: usize = 200;

/// One finding. It never stops anything but the object it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Stable machine-readable kind, kebab-case.
    pub code: &'static str,
    /// Whom it concerns: `container web-1`, `env whoami/dev`, `network front`.
    pub subject: String,
    /// The label or field, when one is to blame.
    pub key: Option<String>,
    /// What it says there, cut to a length; never of a key that may hold a secret.
    pub value: Option<String>,
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
            value: None,
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
        let key = key.into();
        self.value = self.value.and_then(|value| secrecy::shown(&key, &value));
        self.key = Some(key);
        self
    }

    /// Tells what the label or field says. A value that may be secret is left out, a long one is cut.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        let key = self.key.as_deref().unwrap_or_default();
        self.value = secrecy::shown(key, value).map(|value| cut(&value));
        self
    }
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}...", value.split_at(end).0),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_at(key: &str, value: &str) -> Option<String> {
        let finding = Diagnostic::new("label-value", "container web-1", "wrong");
        finding.at(key).with_value(value).value
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = "\u{e9}".repeat(300);
        let value = value_at("traefik.http.routers.web.rule", &long).unwrap();
        assert_eq!(value.chars().count(), 203, "200 and three dots");
        let short = "\u{e9}".repeat(200);
        assert_eq!(value_at("k", &short).as_ref(), Some(&short), "as it is");
    }

    #[test]
    fn a_secret_is_not_kept_in_whatever_order_it_is_told() {
        let key = "traefik.http.middlewares.auth.basicauth.users";
        assert_eq!(value_at(key, "u:$apr1$x"), None, "key first");
        let finding = Diagnostic::new("label-value", "container web-1", "wrong");
        assert_eq!(
            finding.with_value("u:$apr1$x").at(key).value,
            None,
            "value first"
        );
    }
}
