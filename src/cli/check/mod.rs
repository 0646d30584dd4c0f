//! `check`: what Pointsman would make of a compose file or of labels, without a daemon.
//!
//! Files become containers (`input`, with `compose` and `lines`; `engine` for those that run), the routing table makes
//! its document of them (`judge`), and the document and the findings are printed (`print`). `--migrate` compares with
//! what Traefik's own Docker provider has (`migrate`). What only a file shows (`compose::findings`) is added to what
//! the table finds.

mod address;
mod compose;
mod engine;
mod input;
mod judge;
mod lines;
mod migrate;
mod print;
mod stack;

use clap::Args;

use crate::api::DiagnosticEntry;
use crate::app::label_options;
use crate::config::{self, LabelFlags};
use crate::routing::model::Diagnostic;
use crate::routing::table::Options;

use super::failure::{Failure, Outcome};
use super::output::Format;
use super::{diagnose, exit, output};

use input::Input;
use judge::{Place, Verdict};
use stack::StackArgs;

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Flags of labels are those of `serve`, from the command line, the environment and --config. Compose files are read by
`docker compose config`, so with its variables, includes and env files. Ports that only an image exposes are not known.
With --context, docker is asked in that context.

Examples:
  pointsman check compose.yaml
  pointsman check compose.yaml --app whoami --env dev --version v1 --domain dev.example.com
  docker inspect web --format '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}{{println}}{{end}}' | pointsman check -
  pointsman check --migrate                     what changes for the containers of this host
  pointsman check --json compose.yaml | jq .document";

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub(super) struct CheckArgs {
    /// Compose files (several are merged), or files of KEY=VALUE lines; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "migrate")]
    files: Vec<String>,
    /// Show what changes when this replaces providers.docker; without FILE for the containers of the local Engine
    #[arg(long)]
    migrate: bool,
    /// The compose project, instead of the one that the file names
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// The document as if the version were live, instead of its previews
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    labels: LabelFlags,
}

/// Runs the verb; docker is asked in a context if one is named.
pub(super) fn run(args: &CheckArgs, context: Option<&str>, format: Format) -> Outcome {
    let labels = config::load_labels(&args.labels)?;
    let options = label_options(labels).map_err(|error| Failure::usage(format!("{error:#}")))?;
    let stack = args.stack.resolve()?;
    let mut input = if args.files.is_empty() {
        Input::of_engine(engine::containers(context)?)
    } else {
        input::read(
            &args.files,
            args.project.as_deref(),
            stack.as_ref(),
            context,
        )?
    };
    for warning in &input.warnings {
        output::note(warning)?;
    }
    if input.containers.is_empty() {
        output::note("there are no containers")?;
    }
    let injected = stack::inject(&args.stack, &mut input.containers);
    input.findings.extend(injected);
    if args.migrate {
        migrate(&options, &input, format)
    } else {
        document(options, &input, args.place(), format)
    }
}

impl CheckArgs {
    const fn place(&self) -> Place {
        if self.live {
            Place::Live
        } else {
            Place::Preview
        }
    }
}

fn document(options: Options, input: &Input, place: Place, format: Format) -> Outcome {
    let verdict = judge::judge(options, input.containers.clone(), place);
    let findings = findings(&verdict, input);
    if format.is_json() {
        output::print_json(&json(&verdict, &findings)?)?;
    } else {
        let document = print::document(&verdict.document);
        output::print(&format!("{document}\n\n{}", list(&findings)))?;
    }
    let portless: Vec<&str> = input.portless().into_iter().collect();
    if !portless.is_empty() {
        output::note(&format!(
            "note: no port is named for {}; one that only the image exposes is not known here",
            portless.join(", ")
        ))?;
    }
    Ok(code(findings.len()))
}

fn migrate(options: &Options, input: &Input, format: Format) -> Outcome {
    let report = migrate::report(options, &input.containers);
    if format.is_json() {
        output::print_json(&encode(&report)?)?;
    } else {
        output::print(&print::migration(&report))?;
    }
    Ok(code(report.len()))
}

const fn code(findings: usize) -> u8 {
    if findings == 0 {
        exit::DONE
    } else {
        exit::FINDINGS
    }
}

/// Sorted, each once, and once for all replicas.
fn findings(verdict: &Verdict, input: &Input) -> Vec<DiagnosticEntry> {
    let mut all = [verdict.diagnostics.as_slice(), &input.findings].concat();
    all.sort();
    all.dedup();
    let told = all
        .iter()
        .filter(|finding| !input.is_repeated(finding, &all));
    told.map(entry).collect()
}

fn entry(finding: &Diagnostic) -> DiagnosticEntry {
    let Diagnostic {
        code,
        subject,
        key,
        value,
        message,
    } = finding.clone();
    DiagnosticEntry {
        code: code.to_owned(),
        subject,
        key,
        value,
        message,
    }
}

fn list(findings: &[DiagnosticEntry]) -> String {
    if findings.is_empty() {
        return "no findings".to_owned();
    }
    let lines = findings.iter().map(diagnose::line);
    let head = std::iter::once("findings:".to_owned());
    head.chain(lines.map(|line| format!("  {line}")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The very bytes that Traefik would get, and the findings.
fn json(verdict: &Verdict, findings: &[DiagnosticEntry]) -> Result<String, Failure> {
    Ok(format!(
        "{{\"document\":{},\"diagnostics\":{}}}",
        verdict.body,
        encode(&findings)?
    ))
}

fn encode<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::unexpected(format!("cannot encode: {error}")))
}
