//! Labels at which Traefik's provider breaks as a whole: nothing that Docker says reaches it until they are gone.

use crate::corpus::member;
use crate::judge::objects::{difference, objects};
use crate::support::options;
use crate::support::pair::Pair;

const LABELS: [&str; 4] = [
    "traefik.http.routers.a].rule",
    "traefik.http.middlewares.m].addprefix.prefix",
    "traefik.docker.network]",
    "traefik.enable]",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Traefik binary"]
async fn a_label_that_stops_traefiks_provider_costs_itself() {
    for label in LABELS {
        let mut pair = Pair::start(options::all().remove(0)).await;
        let good = (
            "traefik.http.routers.good.rule".to_owned(),
            "Path(`/`)".to_owned(),
        );
        let bad = (label.to_owned(), "x".to_owned());
        let other = member(1, &[]);
        let http = pair
            .run_broken(&[member(0, &[good.clone(), bad]), other.clone()])
            .await;
        let without = pair.run(&[member(0, &[good]), other]).await;
        let lines = difference(&objects(&without.docker), &objects(&http));
        assert!(lines.is_empty(), "as without {label}: {}", lines.join("\n"));
    }
}
