//! The options of Traefik's Docker provider that Pointsman has too, in the sets that are tested.

use std::path::Path;

use super::fake_engine::FakeContainer;

/// One set, as both sides are told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// What the set is called.
    pub(crate) name: &'static str,
    pairs: Vec<(&'static str, &'static str, String)>,
    /// The network to prefer.
    pub(crate) network: Option<&'static str>,
    /// Whom the constraints let in.
    constraint: Option<fn(&FakeContainer) -> bool>,
}

/// Every set.
pub(crate) fn all() -> Vec<Options> {
    let plain = Options {
        name: "default",
        ..Options::default()
    };
    let named = |name| Options {
        name,
        ..Options::default()
    };
    vec![
        plain,
        named("hidden").with(("exposedByDefault", "exposed-by-default"), "false"),
        named("rule-name").with(
            ("defaultRule", "default-rule"),
            "Host(`{{ .Name }}.example.com`)",
        ),
        named("rule-label").with(
            ("defaultRule", "default-rule"),
            "Host(`{{ .ContainerName }}.{{ index .Labels \"tier\" }}`)",
        ),
        named("rule-template").with(
            ("defaultRule", "default-rule"),
            "{{ if eq (index .Labels \"tier\") \"web\" }}Host(`{{ .Name | upper | trunc 3 }}.{{ .Labels.tier }}`){{ end }}",
        ),
        named("rule-range").with(
            ("defaultRule", "default-rule"),
            "{{ range $i, $h := splitList \"-\" .Name }}{{ if $i }} || {{ end }}Host(`{{ $h }}`){{ end }}",
        ),
        Options {
            constraint: Some(|it| label(it, "tier") == "web"),
            ..named("constraint").with(("constraints", "constraints"), "Label(`tier`, `web`)")
        },
        Options {
            constraint: Some(|it| {
                let project = label(it, "com.docker.compose.project");
                let rest = project.strip_prefix("sh").and_then(|rest| rest.strip_suffix('p'));
                rest.is_none_or(|rest| rest.chars().count() != 1) && ["web", ""].contains(&label(it, "tier"))
            }),
            ..named("constraint-regex").with(
                ("constraints", "constraints"),
                "!LabelRegex(`com.docker.compose.project`, `^sh.p$`) && (Label(`tier`,`web`) || Label(`tier`, \"\"))",
            )
        },
        named("network").with_network("front"),
        named("bind").with(("useBindPortIP", "use-bind-port-ip"), "true"),
        named("empty").with(("allowEmptyServices", "allow-empty-services"), "true"),
        named("all")
            .with(("useBindPortIP", "use-bind-port-ip"), "true")
            .with(("allowEmptyServices", "allow-empty-services"), "true")
            .with(("exposedByDefault", "exposed-by-default"), "false")
            .with_network("back"),
    ]
}

fn label<'a>(it: &'a FakeContainer, name: &str) -> &'a str {
    it.labels.get(name).map_or("", String::as_str)
}

impl Options {
    fn with(mut self, (traefik, pointsman): (&'static str, &'static str), value: &str) -> Self {
        self.pairs.push((traefik, pointsman, value.to_owned()));
        self
    }

    /// Is this option of Traefik on.
    pub(crate) fn has(&self, traefik: &str) -> bool {
        self.pairs.iter().any(|(name, _, _)| *name == traefik)
    }

    /// Is a container routed at all.
    pub(crate) fn lets_in(&self, it: &FakeContainer) -> bool {
        let enable = it.labels.iter().rev();
        let mut enable = enable.filter(|(label, _)| label.eq_ignore_ascii_case("traefik.enable"));
        let is_on = match enable.next().map(|(_, value)| value.as_str()) {
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            // what cannot be read is another rule's
            Some(_) | None => !self.has("exposedByDefault"),
        };
        is_on && self.constraint.is_none_or(|lets_in| lets_in(it))
    }

    fn with_network(mut self, network: &'static str) -> Self {
        self.network = Some(network);
        self.with(("network", "network"), network)
    }

    /// Flags of Traefik's Docker provider at this Engine.
    pub(crate) fn docker(&self, engine: &Path) -> Vec<String> {
        let flag =
            |(name, _, value): &(&str, &str, String)| format!("--providers.docker.{name}={value}");
        let endpoint = format!("--providers.docker.endpoint=unix://{}", engine.display());
        let on = ["--providers.docker=true".to_owned(), endpoint];
        on.into_iter().chain(self.pairs.iter().map(flag)).collect()
    }

    /// Flags of Pointsman.
    pub(crate) fn pointsman(&self) -> Vec<String> {
        let flag = |(_, name, value): &(&str, &str, String)| format!("--{name}={value}");
        self.pairs.iter().map(flag).collect()
    }
}
