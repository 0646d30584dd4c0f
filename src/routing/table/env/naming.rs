//! Names: what labels call a thing, what all versions call it, and what the document calls it.

/// The label's name with the stack name and its joining `-` removed; the fallback when nothing else is left.
pub fn local(name: &str, stack: &str, fallback: &str) -> String {
    let local = without(name, stack);
    if local.is_empty() {
        fallback.to_owned()
    } else {
        safe(local.as_str())
    }
}

fn without(name: &str, stack: &str) -> String {
    if let Some(head) = name.strip_suffix(stack) {
        return match head.strip_suffix('-') {
            Some(head) => head.to_owned(),
            None if head.is_empty() => String::new(),
            None => name.to_owned(),
        };
    }
    if let Some(tail) = name
        .strip_prefix(stack)
        .and_then(|tail| tail.strip_prefix('-'))
    {
        return tail.to_owned();
    }
    match name.split_once(&format!("-{stack}-")) {
        Some((head, tail)) => format!("{head}-{tail}"),
        None => name.to_owned(),
    }
}

/// A name that can stand in the document: what Traefik reads as a provider mark or a path is replaced.
pub fn safe(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn the_stack_name_is_taken_out_of_names() {
        let stack = "whoami-dev-v1-2-0";
        for (name, expected) in [
            ("web-whoami-dev-v1-2-0", "web"),
            ("whoami-dev-v1-2-0-web", "web"),
            ("api-whoami-dev-v1-2-0-auth", "api-auth"),
            ("whoami-dev-v1-2-0", "fallback"),
            ("web", "web"),
            ("xwhoami-dev-v1-2-0", "xwhoami-dev-v1-2-0"),
        ] {
            assert_eq!(local(name, stack, "fallback"), expected, "{name}");
        }
    }
}
