//! Whole documents: taken by every release they are rendered for, refused by the oldest without that.

use pointsman::routing::table::{NEWEST, OLDEST};
use pointsman::routing::traefik::Section;
use pointsman::routing::traefik::since::{fit, stand_in};
use serde_json::{Value, json};

use super::objects::document;
use super::served::serve;
use super::traefik::{Release, Version, releases};

const MARKER: &str = "pointsman-rev-matrix";

/// What a release says to a document for another one.
fn verdict(release: &Release, rendered_for: Version) -> Result<(), String> {
    let (document, _told) = document(rendered_for);
    let traefik = release.start(serve(document.to_bytes().to_vec()));
    traefik.verdict(&document.revision().marker())
}

#[test]
#[ignore = "needs Traefiks: make matrix"]
fn every_release_takes_the_fullest_document_for_it() {
    for release in releases() {
        let version = release.version;
        assert_eq!(verdict(&release, version), Ok(()), "Traefik {version}");
        println!("Traefik {version}: taken");
    }
}

#[test]
#[ignore = "needs Traefiks: make matrix"]
fn every_release_takes_the_fullest_document_for_the_oldest() {
    for release in releases() {
        let version = release.version;
        assert_eq!(verdict(&release, OLDEST), Ok(()), "Traefik {version}");
    }
}

#[test]
#[ignore = "needs Traefiks: make matrix"]
fn an_old_release_refuses_the_document_for_the_newest() {
    for release in releases() {
        let told = document(release.version).1;
        let refused = verdict(&release, NEWEST).is_err();
        assert_eq!(refused, !told.is_empty(), "Traefik {}", release.version);
    }
}

// What stands in for a guard must be there and shut in every release: a router without its guard would be disabled,
// and a wider one would get its requests.
#[test]
#[ignore = "needs Traefiks: make matrix"]
fn what_is_closed_lets_nobody_through() {
    let router = |host: &str, fields: Value| {
        let mut router = json!({"rule": format!("Host(`{host}`)"), "service": "open"});
        let fields = fields.as_object().unwrap().clone();
        router.as_object_mut().unwrap().extend(fields);
        router
    };
    let document = json!({"http": {
        "routers": {
            "open": router("open.test", json!({})),
            "guarded": router("guarded.test", json!({"middlewares": ["closed"]})),
            "served": router("served.test", json!({"service": "closed"})),
        },
        "services": {
            "open": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:9"}]}},
            "closed": stand_in(Section::HttpServices),
        },
        "middlewares": {
            "closed": stand_in(Section::HttpMiddlewares),
            MARKER: {"addPrefix": {"prefix": "/"}},
        },
    }});
    let provider = serve(serde_json::to_vec(&document).unwrap());
    for release in releases() {
        let traefik = release.start(provider);
        assert_eq!(traefik.verdict(MARKER), Ok(()), "{}", release.version);
        let statuses =
            ["open.test", "guarded.test", "served.test"].map(|host| traefik.answers(host));
        assert_eq!(
            statuses,
            [Some(502), Some(403), Some(503)],
            "{}",
            release.version
        );
    }
}

// A strategy that Traefik does not know is no decode error, but it disables every router of the service.
#[test]
#[ignore = "needs Traefiks: make matrix"]
fn every_strategy_is_one_that_the_release_knows() {
    for release in releases() {
        let traefik = release.start(serve(strategies(release.version)));
        assert_eq!(traefik.verdict(MARKER), Ok(()), "{}", release.version);
        let statuses = STRATEGIES.map(|strategy| traefik.answers(&format!("{strategy}.test")));
        assert_eq!(statuses, [Some(502); 4], "Traefik {}", release.version);
    }
}

const STRATEGIES: [&str; 4] = ["wrr", "p2c", "hrw", "leasttime"];

/// A router and a service for each strategy.
fn strategies(traefik: Version) -> Vec<u8> {
    let router = |name| json!({"rule": format!("Host(`{name}.test`)"), "service": name});
    let routers = STRATEGIES.map(|name| (name.to_owned(), router(name)));
    let services = STRATEGIES.map(|name| {
        let servers = json!([{"url": "http://127.0.0.1:9"}]);
        let service = json!({"loadBalancer": {"servers": servers, "strategy": name}});
        let fitted = fit(Section::HttpServices, service, traefik);
        (name.to_owned(), fitted.value.unwrap())
    });
    let http = json!({
        "routers": serde_json::Map::from_iter(routers),
        "services": serde_json::Map::from_iter(services),
        "middlewares": {MARKER: {"addPrefix": {"prefix": "/"}}},
    });
    serde_json::to_vec(&json!({"http": http})).unwrap()
}
