//! An app in an env, and its versions as compose stacks of the sample app.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use super::docker::{Docker, MARK, TAG};
use super::root;

/// Its env.
pub(crate) const ENV: &str = "dev";
const DOMAIN: &str = "e2e.test";

/// An app; the name is unique to the test.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) name: &'static str,
    pub(crate) docker: Docker,
}

/// One version of it, described.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) app: App,
    pub(crate) version: String,
    /// Of compose; normally the stack name.
    pub(crate) project: String,
    pub(crate) replicas: u32,
    /// Labels of its own, beside those of the compose file.
    pub(crate) labels: Vec<(String, String)>,
    /// Further lines of the service, in YAML.
    pub(crate) extra: Vec<String>,
}

impl App {
    /// The live host.
    pub(crate) fn live(&self) -> String {
        format!("{}.{DOMAIN}", self.name)
    }

    pub(crate) fn staged(&self) -> String {
        format!("vnext-{}.{DOMAIN}", self.name)
    }

    /// The preview host with the version as it is; `slug` gives the other form.
    pub(crate) fn preview(&self, version: &str) -> String {
        format!("{version}-{}.{DOMAIN}", self.name)
    }

    pub(crate) fn path(&self) -> String {
        format!("/v1/envs/{}/{ENV}", self.name)
    }

    pub(crate) fn stack(&self, version: &str) -> Stack {
        Stack {
            app: self.clone(),
            version: version.to_owned(),
            project: format!("{}-{ENV}-{}", self.name, slug(version)),
            replicas: 1,
            labels: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// Deploys a version as it usually is.
    pub(crate) fn deploy(&self, version: &str) -> Stack {
        let stack = self.stack(version);
        stack.up();
        stack
    }
}

impl Stack {
    pub(crate) fn replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn extra(mut self, line: &str) -> Self {
        self.extra.push(line.to_owned());
        self
    }

    /// `docker compose up -d --wait`; gives the moment at which that returned.
    pub(crate) fn up(&self) -> Instant {
        self.compose(&["up", "-d", "--wait"]);
        Instant::now()
    }

    /// `docker compose up -d`: returns before it is healthy.
    pub(crate) fn up_without_waiting(&self) {
        self.compose(&["up", "-d"]);
    }

    /// `docker compose down`; gives its exit code and the moment at which it returned.
    pub(crate) fn down(&self) -> (bool, Instant) {
        let mut files = self.files();
        let status = files.command(self, &["down", "--timeout", "2"]).wait();
        (status.unwrap().success(), Instant::now())
    }

    /// The ids of its containers.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let args = ["ps", "-aq", "--no-trunc", "--filter", &filter];
        let ids = self.app.docker.run(&args);
        ids.lines().map(str::to_owned).collect()
    }

    /// Its compose network.
    pub(crate) fn network(&self) -> String {
        format!("{}_default", self.project)
    }

    fn compose(&self, args: &[&str]) {
        let mut files = self.files();
        let output = files.command(self, args).wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "compose {args:?} of {}: {errors}",
            self.project
        );
    }

    fn files(&self) -> Files {
        let folder = TempDir::new().unwrap();
        let mut file = File::create(folder.path().join("e2e.yaml")).unwrap();
        file.write_all(self.overrides().as_bytes()).unwrap();
        Files { folder }
    }

    /// What the test adds to the sample's compose file.
    fn overrides(&self) -> String {
        let (mark, _) = MARK.split_once('=').unwrap();
        let quoted = |text: &str| serde_json::to_string(&text.replace('$', "$$")).unwrap();
        let mut lines = vec!["services:".to_owned(), "  web:".to_owned()];
        lines.extend(self.extra.iter().map(|line| format!("    {line}")));
        lines.push("    labels:".to_owned());
        lines.push(format!("      {mark}: \"1\""));
        let labels = self.labels.iter();
        lines
            .extend(labels.map(|(key, value)| format!("      {}: {}", quoted(key), quoted(value))));
        let ipam = self.subnet().map_or(String::new(), |subnet| {
            format!(", ipam: {{config: [{{subnet: {subnet}}}]}}")
        });
        lines.push(format!(
            "networks: {{default: {{labels: {{{mark}: \"1\"}}{ipam}}}}}"
        ));
        lines.join("\n") + "\n"
    }

    /// Two Engines on one host do not know of each other's subnets: on a test's own one they are given, one for each
    /// version from v1 to v9.
    fn subnet(&self) -> Option<String> {
        self.app.docker.socket.as_ref()?;
        let sum = self.project.bytes().map(u32::from).sum::<u32>();
        Some(format!("10.231.{}.0/24", sum % 256))
    }
}

/// Lives until compose has ended.
struct Files {
    folder: TempDir,
}

impl Files {
    fn command(&mut self, stack: &Stack, args: &[&str]) -> Child {
        let mut command: Command = stack.app.docker.command();
        command
            .args(["compose", "-p", &stack.project, "-f"])
            .arg(root().join("docker/whoami/compose.yaml"))
            .arg("-f")
            .arg(self.folder.path().join("e2e.yaml"))
            .args(args)
            .env("STACK_NAME", &stack.project)
            .env("APP", stack.app.name)
            .env("ENV", ENV)
            .env("VERSION", &stack.version)
            .env("DOMAIN", DOMAIN)
            .env("REPLICAS", stack.replicas.to_string())
            .env("POINTSMAN_IMAGE_TAG", TAG)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

/// As compose and DNS want it.
pub(crate) fn slug(version: &str) -> String {
    let lower = version.to_ascii_lowercase();
    lower.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// The promise about a preview after `docker compose up` has returned.
pub(crate) const PREVIEW_LIMIT: Duration = Duration::from_secs(2);
