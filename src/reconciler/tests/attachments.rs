//! What Traefik is to be attached to, as it is shown to who attaches it.

use std::collections::BTreeMap;

use tempfile::TempDir;

use crate::routing::table::{Options, ProxySelector};

use super::{Rig, web};

// Somebody takes Traefik off a network (`docker network disconnect`): the wish stayed equal, woke nobody, and Traefik got the
// network back only at the next look without a cause, 30 s later.
#[tokio::test(flavor = "multi_thread")]
async fn an_equal_wish_is_shown_when_traefik_lost_a_network() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        proxy: Some(ProxySelector::Name("traefik".to_owned())),
        ..Options::default()
    };
    let mut rig = Rig::start_with(dir.path(), options);
    let mut traefik = web("traefik", 9);
    "traefik".clone_into(&mut traefik.name);
    let label = ("traefik.enable".to_owned(), "false".to_owned());
    traefik.labels = BTreeMap::from([label]).into();
    let mut off = traefik.clone();
    off.networks.clear();
    rig.list(&[web("v1", 1), traefik]).await;
    let wish = rig.attachments_rx.borrow_and_update().clone();
    assert!(wish.networks.contains("net"), "{wish:?}");
    rig.put(off).await;
    assert!(rig.attachments_rx.has_changed().unwrap(), "shown again");
    assert_eq!(*rig.attachments_rx.borrow_and_update(), wish, "the same");
    rig.put(web("v2", 2)).await;
    assert!(
        !rig.attachments_rx.has_changed().unwrap(),
        "without a cause not"
    );
}
