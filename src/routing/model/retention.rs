//! How long an env's stacks are kept, as an operator says it. What follows from it is `routing::retention`'s.

/// Each rule is a reason to go by itself; what none of them names stays. Nothing that is in use goes, whatever they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// So many of the newest versions stay; older ones go.
    pub keep_last: Option<u32>,
    /// What is older goes, in milliseconds.
    pub max_age_ms: Option<u64>,
    /// Previews that nobody asked for as long go, in milliseconds. Nobody knows yet who asks: the API takes it no more, and
    /// records that have it let nothing go by it.
    pub idle_ms: Option<u64>,
    /// While Docker uses more than this, the oldest go.
    pub max_disk_bytes: Option<u64>,
    /// How versions of pull requests begin; those of closed ones go, when somebody says which are open.
    pub pull_requests: Option<String>,
    /// What is younger stays, in milliseconds.
    pub min_age_ms: u64,
    /// When it is looked at without being asked.
    pub when: Upkeep,
}

/// When stacks that may go are removed without somebody asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upkeep {
    /// Never.
    #[default]
    Manual,
    /// After a version came, or moved.
    Deploy,
    /// Every so many milliseconds.
    Every(u64),
}

impl Retention {
    /// Age below which nothing goes, unless it is said: between `deploy` and `promote` nobody is to be hurried.
    pub const MIN_AGE_MS: u64 = 600_000;

    /// Does it say anything that lets a stack go.
    pub const fn has_rules(&self) -> bool {
        self.keep_last.is_some()
            || self.max_age_ms.is_some()
            || self.idle_ms.is_some()
            || self.max_disk_bytes.is_some()
            || self.pull_requests.is_some()
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            keep_last: None,
            max_age_ms: None,
            idle_ms: None,
            max_disk_bytes: None,
            pull_requests: None,
            min_age_ms: Self::MIN_AGE_MS,
            when: Upkeep::Manual,
        }
    }
}
