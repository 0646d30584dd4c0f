//! Values of the API that the fake daemon replies with.

use pointsman::api::{
    CommandAnswer, Env, EnvBody, EnvList, Freeze, Health, HealthState, Held, Maintenance,
    Placement, Preview, Problem, Shift, ShiftPhase, SlotWeights, Slots, StackEntry, Status,
    Weights,
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
        revision: None,
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

/// The same on its way through a plan.
pub(crate) fn planned() -> Status {
    let mut status = shifting(ShiftPhase::Running);
    if let Some(shift) = status.shift.as_mut() {
        "canary".clone_into(&mut shift.plan);
        (shift.step, shift.steps) = (4, 6);
        shift.entered_at = Some("2030-01-01T00:00:00Z".to_owned());
        shift.next_at = Some("2030-01-01T00:02:00Z".to_owned());
    }
    status
}

/// v2 is about to be switched to, and a hook is asked before.
pub(crate) fn switching(reason: &str, detail: &str) -> Status {
    let mut status = shifting(ShiftPhase::Held);
    if let Some(shift) = status.shift.as_mut() {
        "switch".clone_into(&mut shift.plan);
        (shift.step, shift.steps, shift.weight) = (1, 2, 0);
    }
    status.held = Some(Held {
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        deadline: None,
    });
    status
}

pub(crate) fn frozen() -> Freeze {
    Freeze {
        by: "ann".to_owned(),
        why: "sale".to_owned(),
        until: Some("2030-01-01T00:00:00Z".to_owned()),
    }
}

pub(crate) fn closed() -> Maintenance {
    Maintenance {
        by: "ann".to_owned(),
        message: "soon".to_owned(),
        retry_after: "120s".to_owned(),
    }
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

/// A version with containers, in no slot.
pub(crate) fn stack(text: &str) -> StackEntry {
    StackEntry {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        version: version(text),
        slot: None,
        active: false,
        created: 0,
        urls: vec![format!("http://{text}-whoami.dev.example.com")],
        health: ready(),
    }
}
