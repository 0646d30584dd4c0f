//! The options of Traefik's Docker provider that Pointsman has too, in the sets that are tested.

use std::path::Path;

/// One set, as both sides are told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// What the set is called.
    pub(crate) name: &'static str,
    pairs: Vec<(&'static str, &'static str, String)>,
    /// The network to prefer.
    pub(crate) network: Option<&'static str>,
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
        named("constraint").with(("constraints", "constraints"), "Label(`tier`, `web`)"),
        named("constraint-regex").with(
            ("constraints", "constraints"),
            "!LabelRegex(`com.docker.compose.project`, `^sh.p$`) && (Label(`tier`,`web`) || Label(`tier`, \"\"))",
        ),
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

impl Options {
    fn with(mut self, (traefik, pointsman): (&'static str, &'static str), value: &str) -> Self {
        self.pairs.push((traefik, pointsman, value.to_owned()));
        self
    }

    /// Is this option of Traefik on.
    pub(crate) fn has(&self, traefik: &str) -> bool {
        self.pairs.iter().any(|(name, _, _)| *name == traefik)
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
