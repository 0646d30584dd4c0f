//! Hosts of any size as benchmarks see them: every container with 18 labels, half of them managed.
//!
//! Four containers are an app: two versions of two replicas. Every other app has plain `traefik.*` labels instead.

/// What a container says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// Unique.
    pub(crate) name: String,
    /// Exactly 18.
    pub(crate) labels: Vec<(String, String)>,
    /// Its address in network `net`.
    pub(crate) address: [u8; 4],
}

/// How many labels each has.
const LABELS: usize = 18;

/// The app that a container belongs to.
pub(crate) const fn app_of(number: usize) -> usize {
    number / 4
}

/// Are an app's containers managed.
pub(crate) const fn is_managed(app: usize) -> bool {
    app.is_multiple_of(2)
}

/// The version that a container runs.
pub(crate) const fn version_of(number: usize) -> &'static str {
    if number % 4 < 2 { "v1" } else { "v2" }
}

/// The container of this number.
pub(crate) fn describe(number: usize) -> Described {
    let (app, version) = (app_of(number), version_of(number));
    let project = format!("app{app}-dev-{version}");
    let mut labels = compose(&project, number % 2 + 1);
    if is_managed(app) {
        labels.extend(managed(app, version));
    } else {
        labels.extend(plain(&project));
    }
    for spare in labels.len()..LABELS {
        labels.push(pair(
            &format!("org.example.note.{spare}"),
            "nothing to route",
        ));
    }
    let [_, _, high, low] = u32::try_from(number + 2)
        .expect("a small number")
        .to_be_bytes();
    Described {
        name: format!("{project}-web-{}", number % 2 + 1),
        labels,
        address: [10, 9, high, low],
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// What compose writes by itself.
fn compose(project: &str, replica: usize) -> Vec<(String, String)> {
    let hash = "5a1c7f9be2d04c1f8e1fb7f7a4f2a6d37b2c9f0c6e0d4a1b9c8d7e6f5a4b3c2d";
    let own = [
        ("project", project),
        ("service", "web"),
        ("oneoff", "False"),
        ("config-hash", hash),
        ("project.working_dir", "/srv/deployments"),
        ("project.config_files", "/srv/deployments/compose.yaml"),
        ("version", "2.32.1"),
    ];
    let mut labels: Vec<_> = own
        .iter()
        .map(|(key, value)| pair(&format!("com.docker.compose.{key}"), value))
        .collect();
    let number = "com.docker.compose.container-number";
    labels.push(pair(number, &replica.to_string()));
    labels
}

/// An app in slots, with a middleware.
fn managed(app: usize, version: &str) -> Vec<(String, String)> {
    vec![
        pair("pointsman.app", &format!("app{app}")),
        pair("pointsman.env", "dev"),
        pair("pointsman.version", version),
        pair("pointsman.domain", "bench.example.com"),
        pair("pointsman.port", "80"),
        pair("traefik.http.routers.web.middlewares", "safe"),
        pair("traefik.http.middlewares.safe.headers.framedeny", "true"),
    ]
}

/// What Traefik's own provider reads.
fn plain(project: &str) -> Vec<(String, String)> {
    let router = format!("traefik.http.routers.{project}");
    let safe = format!("traefik.http.middlewares.{project}-safe.headers");
    let port = format!("traefik.http.services.{project}.loadbalancer.server.port");
    vec![
        pair("traefik.enable", "true"),
        pair(
            &format!("{router}.rule"),
            &format!("Host(`{project}.example.com`)"),
        ),
        pair(&format!("{router}.entrypoints"), "web"),
        pair(&format!("{router}.middlewares"), &format!("{project}-safe")),
        pair(&port, "80"),
        pair(&format!("{safe}.framedeny"), "true"),
        pair(&format!("{safe}.contenttypenosniff"), "true"),
    ]
}
