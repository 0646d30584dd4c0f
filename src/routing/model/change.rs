//! How facts arrive: single changes, or a complete list between two marks.

use std::sync::Arc;

use crate::routing::ids::{ContainerId, TraefikVersion};

use super::{Attached, Authority, Container, Finding, Target};

/// One fact. Between [`Change::ResyncStart`] and [`Change::ResyncEnd`] a complete list is told; it takes
/// effect as a whole at its end, so that no reader sees half a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A complete list begins.
    ResyncStart,
    /// One container of the complete list.
    ResyncApply(Box<Container>),
    /// The list is complete: what was not in it is gone.
    ResyncEnd,
    /// Docker does not answer any more: what is known may be out of date until the next complete list.
    Lost,
    /// A container as it is now.
    Apply(Box<Container>),
    /// The container stopped running (told by the event itself; a list would still show it running).
    Exited(ContainerId),
    /// The container is gone.
    Remove(ContainerId),
    /// What the last run of a container's own health check said, when it fails.
    Complained {
        /// Which container.
        id: ContainerId,
        /// Its words, on one line.
        words: String,
    },
    /// What a probe found, when it is something new.
    Probed {
        /// Who was asked what.
        target: Arc<Target>,
        /// What was found.
        finding: Finding,
    },
    /// Attaching to a network failed or was refused; `None` clears it.
    Attachment {
        /// Who is not attached.
        who: Attached,
        /// The network's name.
        network: String,
        /// Why it is not attached, in words for the operator.
        refused: Option<String>,
    },
    /// How many networks the Engine can still make, while they are few; `None` ends that.
    FewNetworksLeft(Option<u64>),
    /// The lowest release among the Traefiks that read the document.
    TraefikVersion(TraefikVersion),
    /// Where Traefik reaches the listener that it gets its document from.
    Provider(Authority),
}
