use crate::routing::model::{Attached, Change, State};
use crate::routing::table::{Options, ProxySelector};

use super::{World, mk, whoami};

pub(super) fn attached() -> Options {
    Options {
        proxy: Some(ProxySelector::Name("traefik".to_owned())),
        ..Options::default()
    }
}

pub(super) fn traefik() -> super::Mk {
    let mut traefik = mk("traefik", 1).label("traefik.enable", "false");
    traefik.0.networks.clear();
    traefik.network("00-pointsman", [10, 9, 0, 2])
}

#[test]
fn a_server_is_published_only_when_traefik_can_reach_it() {
    let mut world = World::with(
        attached(),
        &[traefik(), whoami("web", 2, "v1"), mk("plain", 3)],
    );
    assert_eq!(
        world.urls("whoami-dev-web-v1"),
        Vec::<String>::new(),
        "not reachable yet"
    );
    assert_eq!(
        world.urls("plain"),
        Vec::<String>::new(),
        "neither is the unmanaged one"
    );
    let wanted = world.table.attachments();
    assert_eq!(
        wanted.networks.into_iter().collect::<Vec<_>>(),
        ["net"],
        "attach there"
    );
    assert_eq!(wanted.proxy, Some(traefik().0.id), "this container");
    world.put(&traefik().network("net", [10, 0, 0, 250]));
    assert_eq!(
        world.urls("whoami-dev-web-v1"),
        ["http://10.0.0.2:80"],
        "now it is"
    );
    assert_eq!(world.urls("plain"), ["http://10.0.0.3:80"], "both");
}

#[test]
fn a_network_is_wanted_until_its_last_member_died() {
    let (a, b) = (
        whoami("a", 2, "v1").compose("p", "web"),
        whoami("b", 3, "v1").compose("p", "web"),
    );
    let mut world = World::with(attached(), &[traefik(), a.clone(), b.clone()]);
    world.apply(Change::Exited(a.0.id));
    world.settle();
    assert_eq!(
        world.table.attachments().networks.len(),
        1,
        "one member is left"
    );
    world.apply(Change::Exited(b.0.id));
    world.settle();
    assert_eq!(
        world.table.attachments().networks.len(),
        0,
        "nobody to reach"
    );
}

#[test]
fn a_network_is_wanted_for_the_sake_of_projects() {
    let (a, b) = (whoami("a", 2, "v1").compose("p", "web"), mk("b", 3));
    let mut world = World::with(attached(), &[traefik(), a, b.clone()]);
    let projects = |world: &World| {
        let of_network = world.table.attachments().projects.remove("net").unwrap();
        of_network.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(projects(&world), ["", "p"], "one has none");
    world.table.take_attachments();
    world.put(&b.compose("q", "web"));
    let told = world.table.take_attachments().is_some();
    assert!(told, "the same network, and another project");
    assert_eq!(projects(&world), ["p", "q"], "both");
}

#[test]
fn traefik_on_the_host_network_reaches_everything() {
    let mut host = traefik();
    host.0.network_mode = "host".to_owned();
    let world = World::with(attached(), &[host, mk("plain", 3)]);
    assert_eq!(world.urls("plain"), ["http://10.0.0.3:80"], "published");
    assert_eq!(world.table.attachments().proxy, None, "nothing to attach");
}

#[test]
fn the_network_is_chosen_deterministically() {
    let two = mk("plain", 3)
        .network("a-net", [10, 1, 0, 3])
        .network("p_default", [10, 2, 0, 3])
        .compose("p", "s");
    assert_eq!(
        World::new(std::slice::from_ref(&two)).urls("s-p"),
        ["http://10.2.0.3:80"],
        "the project's default"
    );
    let named = two.clone().label("traefik.docker.network", "net");
    assert_eq!(
        World::new(&[named]).urls("s-p"),
        ["http://10.0.0.3:80"],
        "the label"
    );
    let option = Options {
        network: Some("a-net".to_owned()),
        ..Options::default()
    };
    assert_eq!(
        World::with(option, std::slice::from_ref(&two)).urls("s-p"),
        ["http://10.1.0.3:80"],
        "the option"
    );
    let shared = World::with(
        attached(),
        &[traefik().network("net", [10, 0, 0, 250]), two],
    );
    assert_eq!(
        shared.urls("s-p"),
        ["http://10.0.0.3:80"],
        "one that Traefik already has"
    );
}

// The first network by name was taken even where the container had no address in it, and it was not routed.
#[test]
fn a_network_without_an_address_is_not_chosen() {
    let mut two = mk("plain", 3).network("a-net", [10, 1, 0, 3]);
    two.0.networks.get_mut("a-net").unwrap().address = None;
    let world = World::new(std::slice::from_ref(&two));
    assert_eq!(world.urls("plain"), ["http://10.0.0.3:80"], "the other one");
    let named = World::new(&[two.label("traefik.docker.network", "a-net")]);
    assert_eq!(named.names("services"), Vec::<String>::new(), "as told");
}

// The oldest container counted, also when it was stopped: after an update by hand (the old one stopped, the new one with
// the same label) the new Traefik was attached to nothing.
#[test]
fn a_traefik_that_runs_goes_before_an_older_one_that_does_not() {
    let options = Options {
        proxy: Some(ProxySelector::Label {
            key: "role".to_owned(),
            value: Some("traefik".to_owned()),
        }),
        ..Options::default()
    };
    let labelled = |name: &str, n: u8| {
        let mut it = mk(name, n)
            .label("role", "traefik")
            .label("traefik.enable", "false");
        it.0.networks.clear();
        it
    };
    let (old, new) = (labelled("old", 1), labelled("new", 2));
    let mut world = World::with(options, &[old.clone(), new.clone(), mk("plain", 3)]);
    let wanted = |world: &World| world.table.attachments().proxy.unwrap().to_string();
    assert_eq!(wanted(&world), "id-old", "of two that run the oldest");
    assert_eq!(world.codes(), ["proxy-several"], "which is said");
    world.apply(Change::Exited(old.0.id.clone()));
    world.settle();
    assert_eq!(wanted(&world), "id-new", "the one that runs");
    assert_eq!(world.codes(), Vec::<&str>::new(), "the only one");
    assert!(world.table.take_attachments().is_some(), "to be attached");
    world.put(&new.clone().network("net", [10, 0, 0, 250]));
    assert_eq!(world.urls("plain"), ["http://10.0.0.3:80"], "reached");
    world.put(&new.clone().state(State::Restarting));
    assert_eq!(wanted(&world), "id-new", "it will run again");
    world.apply(Change::Exited(new.0.id));
    world.settle();
    assert_eq!(wanted(&world), "id-old", "none runs");
    world.put(&old);
    assert_eq!(wanted(&world), "id-old", "it was started again");
}

// The label of who shares a network went before the option, which Traefik applies to whose network it is.
#[test]
fn the_option_names_a_shared_network_before_the_sharers_label() {
    let owner = mk("owner", 2).network("alpha", [10, 1, 0, 2]);
    let mut sharer = mk("sharer", 3).label("traefik.docker.network", "alpha");
    sharer.0.network_mode = "container:id-owner".to_owned();
    sharer.0.networks.clear();
    let urls = |owner: &super::Mk| {
        let option = Options {
            network: Some("net".to_owned()),
            ..Options::default()
        };
        World::with(option, &[owner.clone(), sharer.clone()]).urls("sharer")
    };
    assert_eq!(urls(&owner), ["http://10.0.0.2:80"], "the option");
    let unnamed = owner.label("traefik.docker.network", "");
    assert_eq!(
        urls(&unnamed),
        ["http://10.1.0.2:80"],
        "the sharer's label, where its owner wants none"
    );
}

#[test]
fn a_missing_proxy_is_said() {
    let world = World::with(attached(), &[mk("plain", 3)]);
    assert!(
        world.codes().contains(&"proxy-missing"),
        "nothing can be published"
    );
}

#[test]
fn a_refused_network_is_a_diagnostic_until_it_is_cleared() {
    let mut world = World::with(attached(), &[traefik()]);
    world.apply(Change::Attachment {
        who: Attached::Proxy,
        network: "a".to_owned(),
        refused: Some("it would move the gateway".to_owned()),
    });
    assert_eq!(world.codes(), ["network-refused"], "said");
    world.apply(Change::Attachment {
        who: Attached::Proxy,
        network: "a".to_owned(),
        refused: None,
    });
    assert_eq!(world.codes(), Vec::<&str>::new(), "cleared");
}

#[test]
fn few_networks_left_are_a_diagnostic_with_what_to_write() {
    let mut world = World::with(attached(), &[traefik()]);
    world.apply(Change::FewNetworksLeft(Some(2)));
    assert_eq!(world.codes(), ["address-pools-low"], "said");
    let found = world.table.diagnostics();
    let message = &found[0].message;
    assert!(message.contains("2 more networks"), "{message}");
    assert!(message.contains("default-address-pools"), "{message}");
    world.apply(Change::FewNetworksLeft(None));
    assert_eq!(world.codes(), Vec::<&str>::new(), "over");
}

#[test]
fn a_wish_is_told_only_when_it_may_have_changed() {
    let mut world = World::with(attached(), &[traefik(), whoami("web", 2, "v1")]);
    assert!(world.table.take_attachments().is_some(), "the first one");
    world.put(&whoami("web", 2, "v1").health(crate::routing::model::Health::Healthy));
    world.put(&mk("plain", 3));
    assert_eq!(
        world.table.take_attachments(),
        None,
        "the same networks, whoever uses them"
    );
    let mut again = traefik();
    again.0.id = crate::routing::ids::ContainerId::parse("another").unwrap();
    world.remove(&traefik());
    world.put(&again);
    let wish = world.table.take_attachments();
    assert_eq!(
        wish.and_then(|wish| wish.proxy),
        Some(again.0.id),
        "another Traefik in the same networks"
    );
}
