//! A Docker Engine of the test's own, which may be stopped and killed: nobody else is on it.
//!
//! It has its own folder, socket and containerd, and does not touch the packet filter: what runs on this host reaches
//! its bridges, and that is all that is needed. Its default bridge is a network that the machine's Engine makes for it,
//! and it gets no address pools: told to have no bridge, or given pools, an Engine removes `docker0`, whosever that is.
//! Only in a namespace, where `docker0` is its own, does it get pools.
//! It takes root; without it, `sudo` that asks nothing.
//!
//! Containers of such an Engine are reached from this host, but do not reach each other: the machine's Engine drops what
//! is forwarded. Where they have to, the Engine gets a network namespace with a packet filter and a `docker0` of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::docker::{Docker, MARK, Sandbox, WHOAMI};
use super::http::Answer;
use super::process::Process;
use super::within;

const SUBNET: &str = "10.232.77.0/24";
const BRIDGE: &str = "pm-e2e";
const NAMESPACE: &str = "pointsman-e2e";
const START: Duration = Duration::from_secs(30);

/// What happens to containers while the Engine is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Containers {
    /// They are stopped, and started again according to their restart policy.
    Restart,
    /// They go on (`live-restore`).
    Stay,
}

/// Where its bridges are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Among those of this host.
    Host,
    /// In a network namespace of its own.
    Namespace,
}

/// The Engine.
pub(crate) struct Engine {
    process: Process,
    folder: PathBuf,
    containers: Containers,
    place: Place,
    /// As `base=10.0.0.0/21,size=24`.
    pool: Option<&'static str>,
    pub(crate) docker: Docker,
}

impl Engine {
    /// Starts it, with the sample app's image.
    pub(crate) fn start(sandbox: &Sandbox, containers: Containers) -> Self {
        make_bridge(&sandbox.docker);
        Self::start_at(Place::Host, containers, None)
    }

    /// In a namespace, so that its containers reach each other; `fetch` reaches what they publish.
    pub(crate) fn start_apart(sandbox: &Sandbox, containers: Containers) -> Self {
        Self::start_pooled(sandbox, containers, None)
    }

    /// Likewise, with an address pool of its own.
    pub(crate) fn start_pooled(
        _sandbox: &Sandbox,
        containers: Containers,
        pool: Option<&'static str>,
    ) -> Self {
        if !Path::new("/run/netns").join(NAMESPACE).exists() {
            run(as_root("ip").args(["netns", "add", NAMESPACE]));
        }
        run(within_namespace("ip").args(["link", "set", "lo", "up"]));
        Self::start_at(Place::Namespace, containers, pool)
    }

    fn start_at(place: Place, containers: Containers, pool: Option<&'static str>) -> Self {
        let folder = std::env::temp_dir().join("pointsman-e2e-engine");
        let mut engine = Self {
            process: Process::named("dockerd"),
            docker: Docker {
                socket: Some(folder.join("docker.sock")),
            },
            folder,
            containers,
            place,
            pool,
        };
        if engine.folder.exists() {
            engine.clear_left_over();
        }
        engine.start_again();
        engine.load(WHOAMI);
        engine
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// Gives the time until it answers.
    pub(crate) fn start_again(&mut self) -> Duration {
        let shared_bridge = Path::new("/sys/class/net/docker0").exists();
        let path = |name: &str| self.folder.join(name).display().to_string();
        let mut command = match self.place {
            Place::Host => as_root("dockerd"),
            Place::Namespace => within_namespace("dockerd"),
        };
        command
            .args(["--data-root", &path("data"), "--exec-root", &path("exec")])
            .args(["--pidfile", &path("pid")])
            .arg(format!("--host=unix://{}", path("docker.sock")))
            .args(["--group", &output(Command::new("id").arg("-gn"))])
            .args(["--containerd-namespace", "pointsman-e2e"])
            .args(["--containerd-plugins-namespace", "pointsman-e2e-plugins"])
            .stdout(Stdio::null());
        if self.place == Place::Host {
            command
                .args(["--bridge", BRIDGE])
                .args(["--iptables=false", "--ip6tables=false"])
                .args(["--ip-forward=false", "--ip-masq=false"]);
        }
        if let Some(pool) = self.pool {
            command.args(["--default-address-pool", pool]);
        }
        if self.containers == Containers::Stay {
            command.arg("--live-restore");
        }
        self.process.spawn(&mut command);
        let version = ["version", "--format", "{{.Server.Version}}"];
        let (_version, took) = within(START, "the test's own Engine answers", || {
            let asked = self.docker.command().args(version).output().unwrap();
            let answer = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
            let found = Some(answer).filter(|answer| !answer.is_empty());
            found.ok_or_else(|| String::from_utf8_lossy(&asked.stderr).into_owned())
        });
        assert_eq!(
            Path::new("/sys/class/net/docker0").exists(),
            shared_bridge,
            "the bridge of the machine's Engine is none of its business"
        );
        took
    }

    /// SIGTERM, and the time until it is gone.
    pub(crate) fn stop(&mut self) -> Duration {
        self.process.terminate(START)
    }

    /// SIGKILL; its containerd dies with it. The file with that one's number is removed: in a container nobody may
    /// collect orphans, and then the next start takes a dead containerd for a running one.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
        let file = self.folder.join("exec/containerd/containerd.pid");
        run(as_root("rm").arg("-f").arg(file));
    }

    /// Copies an image of this machine's Engine.
    pub(crate) fn load(&self, image: &str) {
        let mut save = Docker::default().command();
        let save = save.args(["save", image]).stdout(Stdio::piped());
        let mut save = save.spawn().unwrap();
        let image = save.stdout.take().unwrap();
        let loaded = self.docker.command().arg("load").stdin(image).output();
        let loaded = loaded.unwrap();
        assert!(save.wait().unwrap().success(), "docker save");
        assert!(loaded.status.success(), "docker load: {loaded:?}");
    }

    /// What a test that was killed has left behind: an Engine perhaps, and containers and bridges, which only an Engine
    /// on the same folder can remove.
    fn clear_left_over(&mut self) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.trim()));
        if name.is_ok_and(|name| name.trim() == "dockerd") {
            run(as_root("kill").args(["-KILL", pid.trim()]));
        }
        self.kill();
        self.start_again();
        self.docker.sweep();
        self.stop();
        self.remove_folder();
    }

    /// What something that a container publishes in the namespace answers for a host: status and body.
    pub(crate) fn fetch(&self, at: SocketAddr, host: &str, target: &str) -> Answer {
        assert_eq!(self.place, Place::Namespace, "for those of the namespace");
        let mut curl = within_namespace("curl");
        curl.args(["--silent", "--max-time", "10", "--header"])
            .arg(format!("Host: {host}"))
            .args(["--write-out", "\n%{http_code}"])
            .arg(format!("http://{at}{target}"));
        let text = output(&mut curl);
        let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
        Answer {
            status: status.parse().unwrap(),
            body: body.to_owned(),
        }
    }

    fn remove_folder(&self) {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        let targets = mounts.lines().filter_map(|line| line.split(' ').nth(1));
        for target in targets.filter(|target| Path::new(target).starts_with(&self.folder)) {
            run(as_root("umount").args(["--lazy", target]));
        }
        run(as_root("rm").arg("-rf").arg(&self.folder));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // in whatever state it is; the next test that starts one clears it away
            self.docker.sweep();
            self.kill();
            return;
        }
        self.docker.sweep();
        self.stop();
        self.remove_folder();
        if self.place == Place::Namespace {
            run(as_root("ip").args(["netns", "delete", NAMESPACE]));
        }
    }
}

/// Not `ip netns exec`: that would hide the cgroups below /sys.
fn within_namespace(program: &str) -> Command {
    let mut command = as_root("nsenter");
    command
        .arg(format!("--net=/run/netns/{NAMESPACE}"))
        .arg(program);
    command
}

fn make_bridge(docker: &Docker) {
    let name = format!("com.docker.network.bridge.name={BRIDGE}");
    let create = ["network", "create", "--label", MARK, "--subnet", SUBNET];
    docker.run(&[&create[..], &["--opt", &name, BRIDGE]].concat());
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// `dockerd` lives in sbin, which is not on everybody's PATH.
fn as_root(program: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = format!("{}:/usr/local/sbin:/usr/sbin:/sbin", path.display());
    let mut command = Command::new("env");
    if output(Command::new("id").arg("-u")) != "0" {
        command = Command::new("sudo");
        command.args(["-n", "env"]);
    }
    command.arg(format!("PATH={path}")).arg(program);
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
