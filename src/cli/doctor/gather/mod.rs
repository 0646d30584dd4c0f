//! Looks at everything, each with an end, and judges nothing.

mod local;
mod names;
mod tls;
mod traefik;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::api::{Env, EnvList, Proxy, Settings};
use crate::app::{self, Bound, EngineSurvey, Glimpse, NoEngine};
use crate::cli::client::Request;
use crate::cli::failure::Failure;
use crate::cli::stacks::now;
use crate::cli::target::Global;
use crate::config::{self, Config, Flags};

use super::DoctorArgs;
use super::facts::{Clock, Daemon, Facts, Known, TraefikContainer};
use super::judge::is_own;
use super::options::Options;

/// `Date` headers have whole seconds, and the way there takes its time.
const TOLERANCE: i64 = 5;
/// What an ssh connection and a start may take.
const START: i64 = 60;

/// Looks.
pub(super) fn gather(args: &DoctorArgs, global: &Global) -> Result<Facts, Failure> {
    let own = config::load(&Flags::default())?;
    let mut clocks = Vec::new();
    let mut envs = Vec::new();
    let told = ask(global, &mut envs, &mut clocks);
    let (settings, daemon) = match told {
        Ok((settings, daemon)) => (settings, Ok(daemon)),
        Err(why) => (own_settings(&own), Err(why)),
    };
    clocks.extend(args.asked_at.map(asker));
    let asked_at = seconds();
    let engine = engine(&settings, daemon.as_ref().ok());
    let date = engine.as_ref().ok().and_then(|engine| engine.date);
    clocks.extend(date.map(|date| clock("the Docker Engine", date - asked_at)));
    let connect = args.connect.address()?;
    let apis = traefik::apis(&settings, &own, connect, &mut clocks);
    Ok(Facts {
        containers: containers(&engine),
        hosts: names::look(&envs, connect),
        state: local::state(&settings.state_dir),
        settings,
        daemon,
        engine,
        apis,
        clocks,
    })
}

fn ask(global: &Global, envs: &mut Vec<Env>, clocks: &mut Vec<Clock>) -> Known<(Settings, Daemon)> {
    let client = global.client().map_err(|failure| failure.message)?;
    let get = |path: &str| {
        let answer = client.send(&Request::get(path));
        let answer = answer.map_err(|failure| failure.message)?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(format!(
                "{path} answers {}: {}",
                answer.status,
                answer.body.trim()
            ))
        }
    };
    let words = |failure: Failure| failure.message;
    let answer = get("/v1/settings")?;
    let ahead = answer.date.map(|date| date - seconds());
    clocks.extend(ahead.map(|ahead| clock("the daemon", ahead)));
    let settings = answer.decode().map_err(words)?;
    let list: EnvList = get("/v1/envs")?.decode().map_err(words)?;
    *envs = list.envs;
    let proxies: Vec<Proxy> = get("/v1/proxies")?.decode().map_err(words)?;
    let pollers = proxies.iter().filter_map(|proxy| proxy.proxy.parse().ok());
    let envs = envs.iter();
    let daemon = Daemon {
        pollers: pollers.collect(),
        envs: envs
            .map(|it| (it.app.to_string(), it.env.to_string()))
            .collect(),
    };
    Ok((settings, daemon))
}

/// What a daemon that is started here now would run with.
fn own_settings(own: &Config) -> Settings {
    let bound = Bound {
        provider: own.provider.listen,
        admin: own.admin.listen,
    };
    app::told(own, bound)
}

fn seconds() -> i64 {
    i64::try_from(now().as_secs()).unwrap_or(i64::MAX)
}

fn clock(whose: impl Into<String>, ahead: i64) -> Clock {
    Clock {
        whose: whose.into(),
        ahead,
        tolerance: TOLERANCE,
    }
}

/// Who asked this machine, some time ago.
fn asker(asked_at: i64) -> Clock {
    let ahead = asked_at - seconds();
    Clock {
        whose: "the machine that asks".to_owned(),
        // the way here counts for nothing
        ahead: if ahead < 0 {
            (ahead + START).min(0)
        } else {
            ahead
        },
        tolerance: TOLERANCE,
    }
}

/// Seen in full: Pointsman's own container, and Traefik's, named or polling.
fn engine(settings: &Settings, daemon: Option<&Daemon>) -> Result<EngineSurvey, NoEngine> {
    let pollers = daemon.map_or(&[][..], |daemon| &daemon.pollers);
    let pollers: BTreeSet<IpAddr> = pollers.iter().map(SocketAddr::ip).collect();
    let wanted = |glimpse: &Glimpse| {
        let named = match &settings.traefik_container {
            Some(selector) => selects(selector, glimpse),
            None => polls(glimpse, &pollers),
        };
        named || is_own(glimpse)
    };
    app::survey_engine(settings, wanted)
}

fn selects(selector: &str, glimpse: &Glimpse) -> bool {
    match selector.strip_prefix("label=") {
        None => glimpse.name == selector,
        Some(label) => match label.split_once('=') {
            Some((key, value)) => glimpse.labels.get(key).map(String::as_str) == Some(value),
            None => glimpse.labels.contains_key(label),
        },
    }
}

fn polls(glimpse: &Glimpse, pollers: &BTreeSet<IpAddr>) -> bool {
    let mut own = glimpse
        .addresses
        .values()
        .filter_map(|text| text.parse().ok());
    own.any(|address: IpAddr| pollers.contains(&address))
}

fn containers(engine: &Result<EngineSurvey, NoEngine>) -> Vec<TraefikContainer> {
    let looked = engine.iter().flat_map(|engine| &engine.looked_at);
    let traefiks = looked.filter(|looked| !is_own(&looked.glimpse));
    let read = traefiks.map(|looked| TraefikContainer {
        options: Options::read(&looked.args, &looked.traefik_env),
        looked: looked.clone(),
    });
    read.collect()
}
