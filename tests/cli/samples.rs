//! Values of the API that the fake daemon replies with.

use pointsman::api::{
    CommandAnswer, Env, EnvBody, EnvList, Health, HealthState, Held, Placement, Preview, Problem,
    Shift, ShiftPhase, SlotWeights, Slots, Status, Weights,
};
use pointsman::routing::ids::{AppName, EnvName, Slot, Version};

pub(crate) const REVISION: &str = "3f00000000000001";

pub(crate) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(crate) fn ready() -> Health {
    Health {
        state: HealthState::Ready,
        healthy: 2,
        expected: 2,
        reason: None,
    }
}

fn placement(text: &str) -> Placement {
    Placement {
        version: version(text),
        health: ready(),
        failed: None,
    }
}

/// Nothing deployed.
pub(crate) fn empty() -> Status {
    Status {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        generation: 7,
        state: "empty".to_owned(),
        active: None,
        slots: Slots::default(),
        shift: None,
        previous: None,
        previews: Vec::new(),
        weights: Weights::default(),
        applied: Vec::new(),
        held: None,
        frozen: None,
        maintenance: None,
        retired: Vec::new(),
        urls: vec!["http://whoami.dev.example.com".to_owned()],
        staged_urls: vec!["http://vnext-whoami.dev.example.com".to_owned()],
    }
}

/// `blue` is live.
pub(crate) fn live(blue: &str) -> Status {
    let all = SlotWeights {
        blue: 100,
        green: 0,
    };
    Status {
        state: "steady".to_owned(),
        active: Some(Slot::Blue),
        slots: Slots {
            blue: Some(placement(blue)),
            green: None,
        },
        weights: Weights {
            intended: all,
            effective: all,
        },
        ..empty()
    }
}

/// `blue` is live, `green` is in the other slot.
pub(crate) fn both(blue: &str, green: &str) -> Status {
    let mut status = live(blue);
    status.slots.green = Some(placement(green));
    status
}

/// v2 takes over from v1: 25% in the given phase.
pub(crate) fn shifting(phase: ShiftPhase) -> Status {
    let mut status = both("v1", "v2");
    "shifting".clone_into(&mut status.state);
    status.shift = Some(Shift {
        to: Slot::Green,
        version: version("v2"),
        weight: 25,
        phase,
        plan: "manual".to_owned(),
        step: 1,
        steps: 1,
        entered_at: None,
        next_at: None,
    });
    status.weights.intended = SlotWeights {
        blue: 75,
        green: 25,
    };
    if phase == ShiftPhase::Pending {
        status.held = Some(Held {
            reason: "not-ready".to_owned(),
            detail: "1 of 2 servers are healthy".to_owned(),
            deadline: Some("2030-01-01T00:00:00Z".to_owned()),
        });
    } else {
        status.weights.effective = status.weights.intended;
    }
    status
}

pub(crate) fn preview(text: &str) -> Preview {
    Preview {
        version: version(text),
        urls: vec![format!("http://{text}-whoami.dev.example.com")],
        health: Health {
            state: HealthState::Settling,
            healthy: 1,
            expected: 2,
            reason: Some("up for 4 of 10 s".to_owned()),
        },
    }
}

pub(crate) fn accepted(status: Status) -> CommandAnswer {
    CommandAnswer {
        generation: 8,
        revision: REVISION.to_owned(),
        status,
        displaced: None,
        applied: None,
        document: None,
    }
}

pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: "Title".to_owned(),
        status,
        code: code.to_owned(),
        detail: detail.to_owned(),
        state: None,
        generation: None,
        index: None,
    }
}

pub(crate) fn env(app: &str, name: &str) -> Env {
    Env {
        app: AppName::parse(app).unwrap(),
        env: EnvName::parse(name).unwrap(),
        origin: "api".to_owned(),
        body: EnvBody {
            domain: "dev.example.com".to_owned(),
            ..EnvBody::default()
        },
    }
}

pub(crate) fn list(envs: &[Env]) -> EnvList {
    EnvList {
        envs: envs.to_vec(),
    }
}
