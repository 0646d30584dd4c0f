//! What is to be removed of Docker's objects, how far that is, and what stacks use: values between the reconciler, which
//! decides, and the Docker station, which does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::routing::ids::{ContainerId, EnvKey, Version};

/// One stack that is to go. Only what carries all of these labels, of this compose project, is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalOrder {
    /// Its env and version.
    pub stack: (EnvKey, Version),
    /// Labels that each of its containers has.
    pub labels: BTreeMap<String, String>,
    /// Its compose project; `None` when it has none, and then neither networks nor volumes.
    pub project: Option<String>,
    /// Containers made later are a new deployment; seconds since the epoch, by Docker's clock.
    pub made_until: u64,
    /// What becomes of its named volumes.
    pub volumes: Leftover,
    /// What becomes of images that nothing else uses.
    pub images: Leftover,
    /// Images that it was made from when it was let go.
    pub image_ids: BTreeSet<String>,
}

/// What becomes of something that may be useful again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
}

/// How far a removal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalReport {
    /// Which. The whole of it: what is said of another order of the same stack does not count for this one.
    pub order: RemovalOrder,
    /// How far.
    pub progress: Progress,
}

/// How far a removal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something did not work; it is tried again.
    Stuck {
        /// What, in words.
        why: String,
    },
    /// Nothing is left of it.
    Done(Removed),
}

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many containers.
    pub containers: u32,
    /// Networks, by name.
    pub networks: BTreeSet<String>,
    /// Volumes, by name.
    pub volumes: BTreeSet<String>,
    /// Images, by id.
    pub images: BTreeSet<String>,
    /// What was left, and why.
    pub kept: Vec<String>,
}

/// Which containers are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageQuestion {
    /// Ids of containers whose memory is wanted.
    pub containers: BTreeSet<ContainerId>,
}

/// What Docker's objects use. What could not be found out in time is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory of running containers, in bytes.
    pub memory: BTreeMap<ContainerId, u64>,
    /// What containers wrote, in bytes.
    pub written: BTreeMap<ContainerId, u64>,
    /// Images by id: what would be free without one, and how many containers use it.
    pub images: BTreeMap<String, ImageUse>,
    /// Images, containers, volumes and build cache together, in bytes.
    pub disk_bytes: Option<u64>,
}

/// An image's share of the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageUse {
    /// What no other image has, in bytes.
    pub unique_bytes: u64,
    /// Containers in any state that are made from it.
    pub containers: u64,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "removed {} containers, {} networks, {} volumes, {} images",
            self.containers,
            self.networks.len(),
            self.volumes.len(),
            self.images.len()
        )?;
        for kept in &self.kept {
            write!(f, "; {kept}")?;
        }
        Ok(())
    }
}
