//! A Docker Engine of the test's own, which may be stopped and killed: nobody else is on it.
//!
//! It has its own folder, socket, containerd and address pool, and does not touch the packet filter: what runs on this
//! host reaches its bridges, and that is all that is needed. It takes root; without it, `sudo` that asks nothing.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::docker::{Docker, WHOAMI};
use super::process::Process;
use super::within;

/// Nothing else on this host uses it, and the control networks do not either.
const POOL: &str = "base=10.231.0.0/16,size=24";
const START: Duration = Duration::from_secs(30);

/// What happens to containers while the Engine is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Containers {
    /// They are stopped, and started again according to their restart policy.
    Restart,
    /// They go on (`live-restore`).
    Stay,
}

/// The Engine.
pub(crate) struct Engine {
    process: Process,
    folder: PathBuf,
    containers: Containers,
    pub(crate) docker: Docker,
}

impl Engine {
    /// Starts it, with the sample app's image. What a killed test has left behind is removed.
    pub(crate) fn start(containers: Containers) -> Self {
        let folder = std::env::temp_dir().join("pointsman-e2e-engine");
        let socket = folder.join("docker.sock");
        let left_over = folder.exists();
        let mut engine = Self {
            process: Process::named("dockerd"),
            docker: Docker {
                socket: Some(socket),
            },
            folder,
            containers,
        };
        engine.kill_left_over();
        engine.start_again();
        if left_over {
            engine.docker.sweep();
        }
        engine.load();
        engine
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// Gives the time until it answers.
    pub(crate) fn start_again(&mut self) -> Duration {
        let path = |name: &str| self.folder.join(name).display().to_string();
        let mut command = as_root("dockerd");
        command
            .args(["--data-root", &path("data"), "--exec-root", &path("exec")])
            .args(["--pidfile", &path("pid")])
            .arg(format!("--host=unix://{}", path("docker.sock")))
            .args(["--group", &output(Command::new("id").arg("-gn"))])
            .args(["--containerd-namespace", "pointsman-e2e"])
            .args(["--containerd-plugins-namespace", "pointsman-e2e-plugins"])
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .args(["--ip-forward=false", "--ip-masq=false"])
            .args(["--default-address-pool", POOL])
            .stdout(Stdio::null());
        if self.containers == Containers::Stay {
            command.arg("--live-restore");
        }
        self.process.spawn(&mut command);
        let version = ["version", "--format", "{{.Server.Version}}"];
        let (_, took) = within(START, "the test's own Engine answers", || {
            let asked = self.docker.command().args(version).output().unwrap();
            let answer = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
            let found = Some(answer).filter(|answer| !answer.is_empty());
            found.ok_or_else(|| String::from_utf8_lossy(&asked.stderr).into_owned())
        });
        took
    }

    /// SIGTERM, and the time until it is gone.
    pub(crate) fn stop(&mut self) -> Duration {
        self.process.terminate(START)
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    fn load(&self) {
        let mut save = Docker::default().command();
        let mut save = save
            .args(["save", WHOAMI])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let image = save.stdout.take().unwrap();
        let loaded = self
            .docker
            .command()
            .arg("load")
            .stdin(image)
            .output()
            .unwrap();
        assert!(save.wait().unwrap().success(), "docker save");
        assert!(loaded.status.success(), "docker load: {loaded:?}");
    }

    /// One whose test was killed, and could not clean up.
    fn kill_left_over(&self) {
        let Ok(pid) = std::fs::read_to_string(self.folder.join("pid")) else {
            return;
        };
        let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.trim()));
        if name.is_ok_and(|name| name.trim() == "dockerd") {
            let killed = as_root("kill").args(["-KILL", pid.trim()]).status();
            assert!(
                killed.unwrap().success(),
                "kill the left-over dockerd {pid}"
            );
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.docker.sweep();
        if std::thread::panicking() {
            println!("--- dockerd:\n{}", self.process.tail());
        } else {
            self.stop();
        }
        self.kill();
        let removed = as_root("rm").arg("-rf").arg(&self.folder).status();
        assert!(removed.is_ok(), "the folder of the test's own Engine");
    }
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
