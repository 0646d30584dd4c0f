//! Names of envs: what the system's resolver says, and which certificate is shown for them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::api::Env;
use crate::cli::deploy::hosts::record;
use crate::cli::doctor::facts::{Certificate, Host, Known, Role};
use crate::routing::ids::Version;
use crate::routing::table::env::hosts::{Place, names};

use super::tls;

/// Nobody deploys this: what answers for it is a wildcard.
const NOBODYS: &str = "doctor";
/// How long a name may take, its certificate included.
const DEADLINE: Duration = Duration::from_secs(15);
/// A resolver may know this top-level name, or leave it to each client.
const LOCAL: &str = "localhost";
const HTTPS: u16 = 443;

/// What is asked about one name.
#[derive(Clone)]
struct Question {
    host: Host,
    /// With TLS.
    port: Option<u16>,
}

pub(super) fn look(envs: &[Env], connect: Option<SocketAddr>) -> Vec<Host> {
    let questions: Vec<Question> = envs.iter().flat_map(questions).collect();
    let asked: Vec<_> = questions.into_iter().map(|it| ask(it, connect)).collect();
    let answers = asked.into_iter().map(|(question, answer)| {
        answer.recv_timeout(DEADLINE).unwrap_or_else(|_late| Host {
            addresses: Err(format!("no answer within {DEADLINE:?}")),
            ..question.host
        })
    });
    answers.collect()
}

fn questions(env: &Env) -> Vec<Question> {
    let record = record(env);
    let body = &env.body;
    let scheme = body.scheme.as_deref();
    let is_tls = scheme.map_or(body.tls.is_some(), |scheme| scheme == "https");
    let port = is_tls.then(|| body.port.unwrap_or(HTTPS));
    let nobodys = Version::parse(NOBODYS).expect("a word is a version");
    let places = [
        (Role::Live, Place::Live),
        (Role::Staged, Place::Staged),
        (Role::Preview, Place::Preview(nobodys)),
    ];
    let all = places.into_iter().flat_map(|(role, place)| {
        let names = names(&record, &place, None).into_iter();
        names.map(move |name| (role, name))
    });
    let hosts = all.map(|(role, name)| Host {
        env: format!("{}/{}", env.app, env.env),
        domain: body.domain.clone(),
        role,
        name,
        addresses: Err("not asked".to_owned()),
        certificate: None,
    });
    hosts.map(|host| Question { host, port }).collect()
}

fn ask(question: Question, connect: Option<SocketAddr>) -> (Question, mpsc::Receiver<Host>) {
    let (answer_tx, answer) = mpsc::sync_channel(1);
    let mine = question.clone();
    // a resolver that hangs is left behind
    thread::spawn(move || answer_tx.send(answered(mine, connect)).is_ok());
    (question, answer)
}

fn answered(question: Question, connect: Option<SocketAddr>) -> Host {
    let Question { mut host, port } = question;
    host.addresses = resolve(&host.name);
    let first = host.addresses.iter().flatten().next().copied();
    let place = connect.or_else(|| Some(SocketAddr::new(first?, port?)));
    host.certificate = match (port, place) {
        (None, _) => None,
        (Some(_), None) => Some(Err("the host has no address".to_owned())),
        (Some(_), Some(place)) => Some(certificate(place, &host.name)),
    };
    host
}

fn resolve(name: &str) -> Known<BTreeSet<IpAddr>> {
    if name.rsplit('.').next() == Some(LOCAL) {
        return Err(format!("each client resolves names under {LOCAL} itself"));
    }
    let found = (name, HTTPS).to_socket_addrs();
    // the system's resolver does not say whether there is none, or nobody to ask
    Ok(found.map_or_else(
        |_error| BTreeSet::new(),
        |found| found.map(|address| address.ip()).collect(),
    ))
}

fn certificate(place: SocketAddr, name: &str) -> Known<Certificate> {
    tls::shown(place, Some(name))?.judged_for(name)
}
