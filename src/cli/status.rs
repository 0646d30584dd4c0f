//! `status`: slots, versions, health, weights, previews and proxies of one env, or a line for each env.
//!
//! Everything shown is in the answer of the API; roles (live, standby, staged) are read off its slots. The
//! JSON of all envs is the array of their answers, verbatim.

use clap::Args;

use crate::api::{EnvList, Status};
use crate::routing::ids::{AppName, EnvName, Slot, Version};

use super::client::{Answer, Request};
use super::exit;
use super::failure::{Failure, Outcome};
use super::feed::Events;
use super::output::{self, Reader};
use super::sentence;
use super::session::{EnvArgs, Session};
use super::table::table;
use super::wrap::wrapped;

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman status                 a line for each env
  pointsman status whoami dev      slots, health, URLs, proxies
  pointsman status whoami dev --watch
  pointsman status whoami dev --json | jq -r .slots.blue.version";

/// Arguments of `status`.
#[derive(Args, Clone, Debug)]
pub(super) struct StatusArgs {
    /// The application; all of them when left out
    #[arg(requires = "env")]
    app: Option<AppName>,
    /// Its environment
    env: Option<EnvName>,
    /// Show it again whenever something happens, until interrupted
    #[arg(long)]
    watch: bool,
}

/// Runs the verb.
pub(super) fn run(args: &StatusArgs, session: &Session) -> Outcome {
    match (&args.app, &args.env) {
        (Some(app), Some(env)) => {
            let env = EnvArgs {
                app: app.clone(),
                env: env.clone(),
            };
            let query = format!("?app={}&env={}", env.app, env.env);
            show(args, session, &query, || one(&env, session))
        }
        _ => show(args, session, "", || all(session)),
    }
}

/// What there is to show.
enum Shown {
    /// The API's own words.
    Json(String),
    Text(String),
    /// There is nothing, and why.
    Nothing(&'static str),
}

fn show(
    args: &StatusArgs,
    session: &Session,
    query: &str,
    look: impl Fn() -> Result<Shown, Failure>,
) -> Outcome {
    if args.watch {
        return watch(Events::of(session, query), look);
    }
    match look()? {
        Shown::Json(json) => output::print_json(&json)?,
        Shown::Text(text) => output::print(&text)?,
        Shown::Nothing(why) => output::note(why)?,
    }
    Ok(exit::DONE)
}

/// Looks again with each event. The events are listened to before the first look, so that nothing falls between.
fn watch(mut events: Events<'_>, look: impl Fn() -> Result<Shown, Failure>) -> Outcome {
    let mut looks = 0_u32;
    loop {
        events.next()?;
        let shown = match look() {
            Ok(shown) => shown,
            // it has just gone away; the next stream is a reason to look again
            Err(failure) if looks > 0 && failure.code == exit::UNREACHABLE => continue,
            Err(failure) => return Err(failure),
        };
        looks = looks.saturating_add(1);
        let reader = match shown {
            Shown::Json(json) => output::stream_json(&json)?,
            Shown::Text(text) => output::redraw(&text)?,
            Shown::Nothing(why) => output::redraw(why)?,
        };
        if reader == Reader::Gone {
            return Ok(exit::DONE);
        }
    }
}

fn one(env: &EnvArgs, session: &Session) -> Result<Shown, Failure> {
    let answer = session.send(env, &Request::get(env.path()))?;
    if session.format.is_json() {
        return Ok(Shown::Json(answer.body));
    }
    Ok(Shown::Text(describe(&answer.decode()?)))
}

fn all(session: &Session) -> Result<Shown, Failure> {
    let list: EnvList = session.get("/v1/envs")?.decode()?;
    let mut answers = Vec::new();
    for env in list.envs {
        let (app, env) = (env.app, env.env);
        let answer = session.get(&EnvArgs { app, env }.path())?;
        answers.push(answer);
    }
    if session.format.is_json() {
        let bodies: Vec<&str> = answers.iter().map(|a| a.body.trim_end()).collect();
        return Ok(Shown::Json(format!("[{}]", bodies.join(","))));
    }
    let decoded: Result<Vec<Status>, Failure> = answers.iter().map(Answer::decode).collect();
    let rows: Vec<[String; 5]> = decoded?.iter().map(summary).collect();
    if rows.is_empty() {
        let why = "no envs yet: `pointsman env init APP ENV DOMAIN` starts one";
        return Ok(Shown::Nothing(why));
    }
    let head = ["ENV", "STATE", "LIVE", "OTHER", "HEALTH"];
    Ok(Shown::Text(table(head, &rows)))
}

fn summary(status: &Status) -> [String; 5] {
    let dash = || "-".to_owned();
    let active = status
        .active
        .and_then(|slot| sentence::placed(status, slot));
    let other = sentence::other(status).map(|(_, placed)| placed);
    [
        format!("{}/{}", status.app, status.env),
        status.state.clone(),
        active.map_or_else(dash, |placed| placed.version.to_string()),
        other.map_or_else(dash, |placed| placed.version.to_string()),
        active
            .or(other)
            .map_or_else(dash, |placed| sentence::health(&placed.health)),
    ]
}

fn describe(status: &Status) -> String {
    let mut text = vec![
        format!(
            "{}/{}: {}, generation {}",
            status.app, status.env, status.state, status.generation
        ),
        table(
            ["SLOT", "VERSION", "ROLE", "WEIGHT", "HEALTH"],
            &rows(status),
        ),
    ];
    if let Some(previous) = &status.previous {
        text.push(format!("previous: {previous} (what rollback returns to)"));
    }
    text.extend(reasons(status).iter().map(|line| wrapped(line)));
    text.extend(situation(status).iter().map(|line| wrapped(line)));
    text.extend(status.urls.iter().map(|url| format!("live: {url}")));
    text.extend(
        status
            .staged_urls
            .iter()
            .map(|url| format!("staged: {url}")),
    );
    for preview in &status.previews {
        let urls = preview.urls.iter();
        text.extend(urls.map(|url| format!("preview: {url}")));
    }
    for applied in &status.applied {
        let revision = applied.revision.as_deref().unwrap_or("nothing yet");
        let how = if applied.confirmed {
            "confirmed"
        } else {
            "served"
        };
        text.push(format!("proxy: {} {how} {revision}", applied.proxy));
    }
    text.join("\n")
}

/// Why versions are not ready, in full: a cell of the table would be cut.
fn reasons(status: &Status) -> Vec<String> {
    let placed = Slot::ALL.into_iter();
    let placed = placed.filter_map(|slot| sentence::placed(status, slot));
    let placed = placed.map(|placed| (&placed.version, &placed.health));
    let previews = status.previews.iter();
    let previews = previews.map(|preview| (&preview.version, &preview.health));
    placed
        .chain(previews)
        .filter_map(|(version, health)| {
            let reason = health.reason.as_ref()?;
            Some(format!("health: {version}: {reason}"))
        })
        .collect()
}

/// What is on its way, and what stands in the way.
fn situation(status: &Status) -> Vec<String> {
    let mut text = Vec::new();
    if let Some(shift) = &status.shift {
        let (weight, version, place) = (shift.weight, &shift.version, sentence::place(shift));
        text.push(format!("shift: {weight}% to {version}{place}"));
    }
    if status.held.is_some() {
        text.push(format!("held: {}", sentence::held(status)));
    }
    text.extend(sentence::frozen(status));
    text.extend(sentence::maintenance(status).map(|it| format!("maintenance: {it}")));
    for slot in Slot::ALL {
        let placed = sentence::placed(status, slot);
        let failed = placed.and_then(|placed| Some((&placed.version, placed.failed.as_ref()?)));
        text.extend(failed.map(|(version, why)| format!("failed: {version}: {why}")));
    }
    if !status.retired.is_empty() {
        let names: Vec<&str> = status.retired.iter().map(Version::as_str).collect();
        text.push(format!("retired: {}", names.join(", ")));
    }
    text
}

fn rows(status: &Status) -> Vec<[String; 5]> {
    let mut rows: Vec<[String; 5]> = Slot::ALL.map(|slot| slot_row(status, slot)).to_vec();
    rows.extend(status.previews.iter().map(|preview| {
        [
            "-".to_owned(),
            preview.version.to_string(),
            "preview".to_owned(),
            "-".to_owned(),
            sentence::counts(&preview.health),
        ]
    }));
    rows
}

fn slot_row(status: &Status, slot: Slot) -> [String; 5] {
    let dash = || "-".to_owned();
    let Some(placed) = sentence::placed(status, slot) else {
        return [slot.to_string(), dash(), "empty".to_owned(), dash(), dash()];
    };
    let (intended, effective) = match slot {
        Slot::Blue => (status.weights.intended.blue, status.weights.effective.blue),
        Slot::Green => (
            status.weights.intended.green,
            status.weights.effective.green,
        ),
    };
    let weight = if intended == effective {
        format!("{effective}%")
    } else {
        format!("{effective}% (intended {intended}%)")
    };
    let role = if status.active == Some(slot) {
        "live"
    } else if status.previous.as_ref() == Some(&placed.version) {
        "standby"
    } else {
        "staged"
    };
    [
        slot.to_string(),
        placed.version.to_string(),
        role.to_owned(),
        weight,
        sentence::counts(&placed.health),
    ]
}
