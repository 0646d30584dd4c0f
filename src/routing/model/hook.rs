//! A hook: an address of the operator's that is told what happens in an env, or asked before it goes on.

use std::collections::BTreeSet;

/// One hook of an env.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What plans, logs and the journal call it.
    pub name: String,
    /// Where it is: `http` or `https`. It may be a secret, so nothing but the env's record shows it.
    pub url: String,
    /// When it is told or asked.
    pub on: BTreeSet<HookEvent>,
    /// How notifications are written.
    pub format: HookFormat,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// How many more attempts follow the first.
    pub retries: u32,
    /// What no answer means when it is asked; `None` is the default of the question.
    pub on_failure: Option<OnFailure>,
    /// The daemon's environment variable with a bearer token for it.
    pub secret_env: Option<String>,
}

/// When a hook is told or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookEvent {
    /// A new version has its first container.
    Deploy,
    /// A version went into a slot.
    Promote,
    /// Another version is live.
    Switch,
    /// The previous version is live again.
    Rollback,
    /// A shift was ended.
    Abort,
    /// A version in a slot lost servers.
    Unhealthy,
    /// A Traefik does not take the document.
    NotApplied,
    /// Asked before a switch.
    PreSwitch,
    /// Asked after a switch, before it is final.
    PostSwitch,
    /// Asked by the gates of plans.
    Gate,
}

/// How notifications are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookFormat {
    /// All fields.
    #[default]
    Json,
    /// `{"text": "..."}`, as chat services take it.
    Chat,
}

/// What no answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// A person decides.
    Hold,
    /// The shift goes back.
    Abort,
}

impl HookEvent {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Deploy,
        Self::Promote,
        Self::Switch,
        Self::Rollback,
        Self::Abort,
        Self::Unhealthy,
        Self::NotApplied,
        Self::PreSwitch,
        Self::PostSwitch,
        Self::Gate,
    ];

    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Promote => "promote",
            Self::Switch => "switch",
            Self::Rollback => "rollback",
            Self::Abort => "abort",
            Self::Unhealthy => "unhealthy",
            Self::NotApplied => "not-applied",
            Self::PreSwitch => "pre-switch",
            Self::PostSwitch => "post-switch",
            Self::Gate => "gate",
        }
    }

    /// The event of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }

    /// Is it a question, whose answer counts.
    pub const fn is_question(self) -> bool {
        match self {
            Self::PreSwitch | Self::PostSwitch | Self::Gate => true,
            Self::Deploy
            | Self::Promote
            | Self::Switch
            | Self::Rollback
            | Self::Abort
            | Self::Unhealthy
            | Self::NotApplied => false,
        }
    }
}

impl Hook {
    /// How long one attempt may take, unless it is said.
    pub const TIMEOUT_MS: u64 = 10_000;
    /// How many more attempts follow the first, unless it is said.
    pub const RETRIES: u32 = 2;

    /// May it be asked something.
    pub fn is_asked(&self) -> bool {
        self.on.iter().any(|event| event.is_question())
    }

    /// What no answer means. A switch that nobody could be asked about goes back, a step of a plan stays.
    pub fn on_failure(&self) -> OnFailure {
        let switches = [HookEvent::PreSwitch, HookEvent::PostSwitch];
        self.on_failure
            .unwrap_or(if switches.iter().any(|event| self.on.contains(event)) {
                OnFailure::Abort
            } else {
                OnFailure::Hold
            })
    }
}
