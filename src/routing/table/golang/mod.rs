//! What Traefik gets from Go's standard library, as far as its Docker provider's options show it: string literals,
//! regular expressions, and how texts are cased and quoted.

pub(super) mod letters;
pub(super) mod quoted;
pub(super) mod regexp;
