//! One look at everything.

use crate::api::{HealthState, Placement, Status};
use crate::cli::deploy::daemon::Daemon;
use crate::cli::failure::Failure;
use crate::routing::ids::{Slot, Version};

use super::probe::{Found, Prober};
use super::{Check, Host, Verdict, VerifyArgs};

/// Where the version is.
struct Place<'a> {
    host: Host,
    health: &'a crate::api::Health,
    urls: &'a [String],
}

/// All checks; the first that cannot be made ends the look.
pub(super) fn look(
    args: &VerifyArgs,
    daemon: &Daemon,
    prober: &Prober,
) -> Result<Vec<Check>, Failure> {
    let status = daemon.status(&args.env)?;
    let place = match place(&status, &args.version, args.host) {
        Ok(place) => place,
        Err(why) => return Ok(vec![check("version", Verdict::Bad, why)]),
    };
    let mut checks = vec![
        check(
            "version",
            Verdict::Good,
            format!("{} is {}", args.version, word(place.host)),
        ),
        health(&place),
        applied(&status),
    ];
    checks.extend(answers(args, prober, &place));
    Ok(checks)
}

fn check(name: &'static str, verdict: Verdict, detail: String) -> Check {
    Check {
        name,
        verdict,
        detail,
    }
}

const fn word(host: Host) -> &'static str {
    match host {
        Host::Preview => "a preview",
        Host::Staged => "in the other slot, staged",
        Host::Live => "live",
    }
}

/// Where it is, and whether it may be there.
fn place<'a>(
    status: &'a Status,
    version: &Version,
    wanted: Option<Host>,
) -> Result<Place<'a>, String> {
    let slots = [
        (Slot::Blue, &status.slots.blue),
        (Slot::Green, &status.slots.green),
    ];
    let placed = slots.into_iter().find_map(|(slot, placed)| {
        let placed = placed
            .as_ref()
            .filter(|placed| placed.version == *version)?;
        Some((slot, placed))
    });
    let preview = status
        .previews
        .iter()
        .find(|preview| preview.version == *version);
    let found = match (placed, preview) {
        (Some((slot, placed)), _) => in_slot(status, slot, placed),
        (None, Some(preview)) => Place {
            host: Host::Preview,
            health: &preview.health,
            urls: &preview.urls,
        },
        (None, None) => return Err(format!("{version} has no container here")),
    };
    match wanted {
        Some(wanted) if wanted != found.host => Err(format!(
            "{version} is {}, not {}",
            word(found.host),
            word(wanted)
        )),
        Some(_) | None => Ok(found),
    }
}

fn in_slot<'a>(status: &'a Status, slot: Slot, placed: &'a Placement) -> Place<'a> {
    let is_live = status.active == Some(slot);
    Place {
        host: if is_live { Host::Live } else { Host::Staged },
        health: &placed.health,
        urls: if is_live {
            &status.urls
        } else {
            &status.staged_urls
        },
    }
}

fn health(place: &Place<'_>) -> Check {
    let health = place.health;
    let mut detail = format!(
        "{} of {} servers take traffic",
        health.healthy, health.expected
    );
    let verdict = match health.state {
        HealthState::Ready | HealthState::Settling => Verdict::Good,
        HealthState::Degraded | HealthState::Down | HealthState::Absent => Verdict::Bad,
    };
    if let Some(why) = &health.reason {
        detail = format!("{detail}: {why}");
    }
    check("health", verdict, detail)
}

/// Does every Traefik have what the daemon says now.
fn applied(status: &Status) -> Check {
    let is_there = |applied: &&crate::api::Applied| applied.revision == status.revision;
    let (have, all) = (
        status.applied.iter().filter(is_there).count(),
        status.applied.len(),
    );
    let confirmed = status.applied.iter().any(|applied| applied.confirmed);
    let how = if confirmed { "applied" } else { "served" };
    if all == 0 {
        let why = "no Traefik asks this Pointsman for its routes".to_owned();
        return check("applied", Verdict::Bad, why);
    }
    let verdict = if have == all {
        Verdict::Good
    } else {
        Verdict::Bad
    };
    check(
        "applied",
        verdict,
        format!("{have} of {all} pollers and APIs of Traefik have it ({how})"),
    )
}

/// At least one URL must answer, and none may answer wrongly. One that is not reached from here (no such name, a
/// certificate that does not cover it) is told.
fn answers(args: &VerifyArgs, prober: &Prober, place: &Place<'_>) -> Vec<Check> {
    let version = args.expect_version.as_deref();
    let expected = version.map(|path| (path, args.version.as_str()));
    let mut checks = Vec::new();
    for url in place.urls {
        let (verdict, detail) = match prober.ask(url, &args.path, expected) {
            Found::Good(said) => (Verdict::Good, said),
            Found::Wrong(said) => (Verdict::Bad, said),
            Found::Unreached(why) => (Verdict::Note, why),
        };
        checks.push(check("answer", verdict, format!("{url}: {detail}")));
    }
    if !checks.iter().any(|check| check.verdict != Verdict::Note) {
        let certificate = |check: &Check| check.detail.contains("certificate");
        let way = if checks.iter().any(certificate) {
            "--cacert FILE trusts a certificate of your own"
        } else {
            "--connect HOST:PORT names Traefik's address"
        };
        let why = format!("none of its URLs can be reached from here; {way}");
        checks.push(check("answer", Verdict::Bad, why));
    }
    checks
}
