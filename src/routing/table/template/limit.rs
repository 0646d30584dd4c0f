//! Bounds on what rendering may cost.

use super::value::Fault;

/// Longest text that a template gives, and longest value on the way.
const MAX_TEXT: usize = 64 * 1024;
/// Most work: one for each thing looked at, and one for each of its bytes.
const MAX_WORK: usize = 1 << 18;

/// A text that grows up to a bound.
#[derive(Debug, Default)]
pub(super) struct Bounded(String);

impl Bounded {
    /// Adds to it.
    pub(super) fn push(&mut self, text: &str) -> Result<(), Fault> {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(Fault::new("the text becomes longer than 64 KiB"));
        }
        self.0.push_str(text);
        Ok(())
    }

    /// The whole.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Parts with something between them.
    pub(super) fn joined<'a>(
        parts: impl IntoIterator<Item = &'a str>,
        between: &str,
    ) -> Result<String, Fault> {
        let mut text = Self::default();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                text.push(between)?;
            }
            text.push(part)?;
        }
        Ok(text.into_text())
    }
}

/// What rendering may still do.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_WORK)
    }
}

impl Budget {
    /// Takes from it.
    pub(super) fn spend(&mut self, work: usize) -> Result<(), Fault> {
        let left = self.0.checked_sub(work);
        self.0 = left.ok_or_else(|| {
            Fault::new("the template does too much: loops in loops, or long values in them")
        })?;
        Ok(())
    }
}
