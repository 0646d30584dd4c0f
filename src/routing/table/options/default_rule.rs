//! The rule of unmanaged routers that have none.

use thiserror::Error;

use crate::routing::model::Container;

use super::super::template::{Data, RenderError, Template, TemplateError};
use super::normalize;

const DEFAULT: &str = "Host(`{{ normalize .Name }}`)";

/// A template for rules.
#[derive(Clone, Debug)]
pub struct DefaultRule(Template);

/// Why there is no rule for a container.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DefaultRuleError {
    /// The template fails for it.
    #[error("it has no rule, and the default rule fails at {0}")]
    Fails(#[from] RenderError),
    /// The template gives nothing for it.
    #[error("it has no rule, and the default rule is empty")]
    Empty,
}

impl Default for DefaultRule {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the template is a constant")
    }
}

impl DefaultRule {
    /// Parses the template.
    pub fn parse(template: &str) -> Result<Self, TemplateError> {
        Template::parse(template).map(Self)
    }

    /// The rule for a container. `name` is the service name before normalisation.
    pub fn render(&self, name: &str, container: &Container) -> Result<String, DefaultRuleError> {
        let name = normalize(name);
        let rule = self.0.render(Data {
            name: &name,
            container_name: &container.name,
            labels: &container.labels,
        })?;
        if rule.is_empty() {
            Err(DefaultRuleError::Empty)
        } else {
            Ok(rule)
        }
    }
}
