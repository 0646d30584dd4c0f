//! The calls that take something away, with the refusals of Engine 20.10.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::container::FakeContainer;
use super::http::{Answer, find_container, json_answer, text_answer};
use super::world::World;
use super::{Shared, refusal};

const PROJECT: &str = "com.docker.compose.project";

/// The `filters` of a list, read once for all containers: one of the ids, all of the labels.
pub(super) struct Filters {
    ids: BTreeSet<String>,
    labels: BTreeSet<String>,
}

impl Filters {
    pub(super) fn parse(filters: &str) -> Self {
        let filters: Value = serde_json::from_str(filters).unwrap();
        let texts = |key: &str| {
            let list = filters[key].as_array().into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned))
                .collect()
        };
        Self {
            ids: texts("id"),
            labels: texts("label"),
        }
    }

    pub(super) fn pass(&self, container: &FakeContainer) -> bool {
        let has = |label: &String| {
            let (key, value) = label.split_once('=').unwrap();
            container.labels.get(key).map(String::as_str) == Some(value)
        };
        (self.ids.is_empty() || self.ids.contains(&container.id)) && self.labels.iter().all(has)
    }
}

pub(super) async fn stop(shared: &Shared, id: &str) -> Answer {
    let name = find_container(&shared.world(), id).map(|it| it.name.clone());
    let mut held = shared.held.subscribe();
    held.wait_for(|held| held.is_none() || *held != name)
        .await
        .unwrap();
    let mut world = shared.world();
    let Some(container) = find_container(&world, id).cloned() else {
        return json_answer(404, &refusal(&format!("No such container: {id}")));
    };
    if !container.is_alive() {
        return text_answer(304, "");
    }
    world.signal(&container.name, "15");
    world.die(&container.name);
    text_answer(204, "")
}

pub(super) fn remove_container(world: &mut World, id: &str) -> Answer {
    let Some(container) = find_container(world, id).cloned() else {
        return json_answer(404, &refusal(&format!("No such container: {id}")));
    };
    if container.is_alive() {
        let message = format!("You cannot remove a running container {id}");
        return json_answer(409, &refusal(&message));
    }
    if world.removed_when_stopped.contains(&container.name) {
        world.destroy(&container.name);
        let message = format!("removal of container {id} is already in progress");
        return json_answer(409, &refusal(&message));
    }
    world.destroy(&container.name);
    text_answer(204, "")
}

pub(super) fn volumes(world: &World, query: &str) -> Answer {
    let listed = world
        .volumes
        .iter()
        .filter(|(_, project)| query.contains(&format!("{PROJECT}={project}")));
    let listed: Vec<Value> = listed
        .map(|(name, project)| json!({ "Name": name, "Labels": { PROJECT: project } }))
        .collect();
    json_answer(200, &json!({ "Volumes": listed, "Warnings": null }))
}

pub(super) fn remove_volume(world: &mut World, name: &str) -> Answer {
    match world.volumes.remove(name) {
        Some(_) => text_answer(204, ""),
        None => json_answer(404, &refusal(&format!("get {name}: no such volume"))),
    }
}

pub(super) fn remove_image(world: &mut World, id: &str) -> Answer {
    let mut containers = world.containers.values();
    if let Some(user) = containers.find(|container| container.image == id) {
        let message = format!("conflict: image is being used by container {}", user.id);
        return json_answer(409, &refusal(&message));
    }
    if world.images.remove(id) {
        json_answer(200, &json!([{ "Deleted": id }]))
    } else {
        json_answer(404, &refusal(&format!("No such image: {id}")))
    }
}
