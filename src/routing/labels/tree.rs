//! The key grammar: dotted paths to a tree, the way Traefik groups them.
//!
//! Field names match without regard to case and the first spelling names the node; keys are taken in byte order
//! and the last value wins; `[n]` groups the fields of one list element.

use thiserror::Error;

/// Deepest path. Traefik's own go to ten; deeper ones only cost stack.
const MAX_PARTS: usize = 32;

/// A key that has no place in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// `a..b`, or a dot at an end.
    #[error("the key has an empty part: write names joined by single dots")]
    EmptyPart,
    /// More parts than any field has.
    #[error("the key has more than 32 parts")]
    TooDeep,
    /// `[0]` without a name, or brackets that do not match.
    #[error("the part {0:?} has brackets that do not match: write name[0]")]
    Brackets(String),
}

/// A part of a path with what was said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// As first spelled.
    pub name: String,
    /// The value given to exactly this path.
    pub value: Option<String>,
    /// What is below, in the order of the keys.
    pub children: Vec<Node>,
}

impl Node {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The child of a name, without regard to case.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children
            .iter()
            .find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// What stands under a path, without regard to case.
    pub fn descendant(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.child(name))
    }

    /// Takes out what stands under a path; its parents stay.
    pub fn remove(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let is_it = |child: &Self| child.name.eq_ignore_ascii_case(first);
        if rest.is_empty() {
            self.children.retain(|child| !is_it(child));
        } else if let Some(child) = self.children.iter_mut().find(|child| is_it(child)) {
            child.remove(rest);
        }
    }

    /// Enters a value under a path.
    pub fn insert(&mut self, path: &str, value: &str) -> Result<(), KeyError> {
        let mut node = self;
        for part in split(path)? {
            node = node.child_mut(&part);
        }
        node.value = Some(value.to_owned());
        Ok(())
    }

    fn child_mut(&mut self, name: &str) -> &mut Self {
        let at = self
            .children
            .iter()
            .position(|child| child.name.eq_ignore_ascii_case(name));
        let at = at.unwrap_or_else(|| {
            self.children.push(Self::named(name));
            self.children.len() - 1
        });
        self.children
            .get_mut(at)
            .expect("the position was just found or made")
    }

    /// Is this an element of a list (`[0]`).
    pub fn is_index(&self) -> bool {
        self.name.starts_with('[')
    }
}

/// `a.b[1].c` to `a`, `b`, `[1]`, `c`.
fn split(path: &str) -> Result<Vec<String>, KeyError> {
    let mut parts = Vec::new();
    for part in path.split('.') {
        if parts.len() >= MAX_PARTS {
            return Err(KeyError::TooDeep);
        }
        if part.is_empty() {
            return Err(KeyError::EmptyPart);
        }
        match (part.find('['), part.ends_with(']')) {
            (Some(at), true) if at > 0 => {
                let (name, index) = part.split_at(at);
                parts.extend([name.to_owned(), index.to_owned()]);
            }
            (None, false) => parts.push(part.to_owned()),
            _ => return Err(KeyError::Brackets(part.to_owned())),
        }
    }
    Ok(parts)
}
