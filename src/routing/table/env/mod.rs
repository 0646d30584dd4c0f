//! One managed env as a fragment: its stacks ([`stack`]), its hosts ([`hosts`]), what it claims (`wants`), and the objects they become
//! ([`render`]) once it is known which hosts the env may have.

pub mod hosts;
pub(crate) mod members;
pub mod naming;
pub mod render;
pub mod rewrite;
pub mod stack;
mod tally;
mod tls;
pub(crate) mod wants;
