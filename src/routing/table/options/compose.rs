//! `com.docker.compose.*` of a container.

use crate::routing::model::Container;

/// The compose project.
pub fn project(container: &Container) -> Option<&str> {
    non_empty(container, "com.docker.compose.project")
}

/// The compose service.
pub fn service(container: &Container) -> Option<&str> {
    non_empty(container, "com.docker.compose.service")
}

/// Made by `docker compose run`: it serves nobody.
pub fn is_one_off(container: &Container) -> bool {
    non_empty(container, "com.docker.compose.oneoff")
        .is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

fn non_empty<'a>(container: &'a Container, key: &str) -> Option<&'a str> {
    container.label(key).filter(|value| !value.is_empty())
}
