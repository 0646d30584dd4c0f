//! What labels can carry that has made Traefik refuse a document, stop reading, hang or die; each was seen to do so, or
//! stands close to what was.

/// Labels of one container.
#[derive(Clone, Debug)]
pub(super) struct Poison {
    pub(super) name: String,
    /// `@` at the start stands for `traefik.http.`; `{n}` for the name.
    pub(super) labels: Vec<String>,
    pub(super) named: Named,
}

/// Who names the offender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// By a finding.
    Yes,
    /// By Traefik, which leaves the router of that name out and says why.
    ByTraefik,
    /// Perhaps: it can be carried as it is, or does nothing at all.
    Perhaps,
}

fn of(name: &str, named: Named, labels: &[&str]) -> Poison {
    let full = |label: &&str| {
        let text = label.replace("{n}", name);
        match text.strip_prefix('@') {
            Some(rest) => format!("traefik.http.{rest}"),
            None => text,
        }
    };
    Poison {
        name: name.to_owned(),
        labels: labels.iter().map(full).collect(),
        named,
    }
}

fn bad(name: &str, labels: &[&str]) -> Poison {
    of(name, Named::Yes, labels)
}

pub(super) fn odd(name: &str, labels: &[&str]) -> Poison {
    of(name, Named::Perhaps, labels)
}

/// What Pointsman does not judge.
fn left_to_traefik(poison: Poison) -> Poison {
    Poison {
        named: Named::ByTraefik,
        ..poison
    }
}

fn perhaps(poison: Poison) -> Poison {
    Poison {
        named: Named::Perhaps,
        ..poison
    }
}

/// One middleware's labels, used by a router.
fn middleware(name: &str, rest: &str) -> Poison {
    let router = "@routers.{n}.rule=Host(`{n}.test`)";
    let label = format!("@middlewares.{{n}}.{rest}");
    bad(name, &[router, "@routers.{n}.middlewares={n}", &label])
}

fn service(name: &str, rest: &str) -> Poison {
    let label = format!("@services.{{n}}.loadbalancer.{rest}");
    bad(
        name,
        &[
            "@routers.{n}.rule=Host(`{n}.test`)",
            "@routers.{n}.service={n}",
            &label,
        ],
    )
}

fn router(name: &str, rest: &str) -> Poison {
    bad(
        name,
        &[
            "@routers.{n}.rule=Host(`{n}.test`)",
            &format!("@routers.{{n}}.{rest}"),
        ],
    )
}

/// Everything.
pub(super) fn all() -> Vec<Poison> {
    [
        characters(),
        keys(),
        values(),
        empty(),
        unknown(),
        references(),
        sizes(),
    ]
    .concat()
}

/// Bytes that YAML forbids, or reads otherwise than JSON.
fn characters() -> Vec<Poison> {
    let header = |name: &str, value: &str| {
        odd(
            name,
            &[&format!(
                "@middlewares.{{n}}.headers.customrequestheaders.X-A={value}"
            )],
        )
    };
    vec![
        odd(
            "del",
            &["@routers.{n}.rule=Host(`{n}.test`) && PathPrefix(`/\u{7f}`)"],
        ),
        header("c1", "\u{80}\u{85}\u{9b}\u{9f}"),
        header("nonchar", "\u{fffe}\u{ffff}\u{feff}"),
        header("c0", "\u{1}\u{8}\u{c}\t\u{1b}"),
        header("lines", "a\nb\rc\u{2028}d\u{2029}"),
        header("emoji", "\u{1f600} \u{1f468}\u{200d}\u{1f469}"),
        header("escapes", r"\/ \u0041 \x41 \\ \ "),
        header("yaml", "*a &b !c %d @e `f` {g: [h, ~, null]} # i"),
        header("dollars", "$$ ${HOME} {{ .Name }}"),
        odd(
            "separator",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.entrypoints=web\u{2551}x, web ,",
            ],
        ),
        odd(
            "del-name",
            &["@middlewares.{n}\u{7f}\u{9b}\u{fffe}.addprefix.prefix=/x"],
        ),
        odd(
            "emoji-name",
            &["@middlewares.{n}\u{1f600}.addprefix.prefix=/x"],
        ),
    ]
}

/// Keys that end or stop Traefik's own reading.
fn keys() -> Vec<Poison> {
    vec![
        bad("bracket", &["@routers.a].rule=Host(`{n}.test`)"]),
        bad("bracket-open", &["@routers.[a.rule=Host(`{n}.test`)"]),
        odd(
            "bracket-docker",
            &["traefik.docker.a].b=c", "traefik.enable]=x"],
        ),
        bad("two-dots", &["@routers.a..rule=Host(`{n}.test`)"]),
        bad("end-dot", &["@routers.{n}.rule.=Host(`{n}.test`)"]),
        bad("no-name", &["@services..loadbalancer.server.port="]),
        bad("at", &["@routers.{n}@docker.rule=Host(`{n}.test`)"]),
        odd("slash", &["@routers.a/b|c:{n}.rule=Host(`{n}.test`)"]),
        bad(
            "capital",
            &["Traefik.http.routers.{n}.rule=Host(`{n}.test`)"],
        ),
        odd("httpx", &["traefik.httpx.y=1"]),
        odd(
            "foo",
            &["traefik.foo=bar", "traefik.=x", "traefik=x", ".=x"],
        ),
        odd(
            "twice",
            &[
                "@middlewares.{n}.headers.customrequestheaders.X-A=1",
                "@middlewares.{n}.headers.customrequestheaders.x-a=2",
                "@Middlewares.{n}.Headers.CustomResponseHeaders.X-A=3",
            ],
        ),
        odd(
            "case",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.RULE=Host(`{n}.test`)",
            ],
        ),
        bad("index", &["@services.{n}.loadbalancer.server[0].port=80"]),
        bad("servers", &["@services.{n}.loadbalancer.servers.port=80"]),
    ]
}

/// Values of the wrong kind.
fn values() -> Vec<Poison> {
    vec![
        router("priority-float", "priority=7.5"),
        router("priority-over", "priority=9223372036854775808"),
        router("priority-word", "priority=many"),
        router("tls-word", "observability.accesslogs=yes"),
        router("rule-open", "rule=Host(`unclosed"),
        left_to_traefik(router("rule-unknown", "rule=Teleport(`x`)")),
        left_to_traefik(router("rule-regexp", "rule=HostRegexp(`[`)")),
        perhaps(router("rule-syntax", "rulesyntax=v9")),
        left_to_traefik(router(
            "rule-method",
            "rule=Method(`GET`, `POST`) && ClientIP(`999.1.1.1`)",
        )),
        service("port-0", "server.port=0"),
        service("port-over", "server.port=65536"),
        service("port-word", "server.port=http"),
        service("scheme", "server.scheme=http://x#"),
        service("weight-0", "server.weight=0"),
        service("weight-less", "server.weight=-1"),
        left_to_traefik(service("url", "server.url=http://[::")),
        left_to_traefik(service("url-control", "server.url=http://a\u{7f}b/")),
        service("interval-day", "healthcheck.interval=1d"),
        service("interval-float", "healthcheck.interval=7.5"),
        service("interval-over", "healthcheck.interval=9999999999999h"),
        left_to_traefik(service("strategy", "strategy=coinflip")),
        perhaps(service("cookie", "sticky.cookie.samesite=sometimes")),
        left_to_traefik(middleware("cidr", "ipallowlist.sourcerange=999.0.0.0/99")),
        left_to_traefik(middleware("regexp", "replacepathregex.regex=(")),
        left_to_traefik(middleware("redirect", "redirectregex.regex=[")),
        left_to_traefik(middleware(
            "breaker",
            "circuitbreaker.expression=LatencyAtQuantileMS(",
        )),
        left_to_traefik(middleware("status", "errors.status=abc")),
        middleware("rewrite", "errors.statusrewrites.x=y"),
        middleware("ratelimit", "ratelimit.period=1d"),
        middleware("retry", "retry.initialinterval=soon"),
    ]
}

/// Objects without content: "cannot be a standalone element".
fn empty() -> Vec<Poison> {
    let mut all = vec![
        // a chain of nothing does nothing, as with Traefik's own provider
        perhaps(middleware("empty-chain", "chain.middlewares=")),
        odd(
            "no-routers",
            &["@routers=x", "@services=", "@middlewares=true"],
        ),
        odd("no-http", &["traefik.http=x"]),
        odd("bare-router", &["@routers.{n}=x"]),
        bad("bare-service", &["@services.{n}=x"]),
        bad("bare-middleware", &["@middlewares.{n}=true"]),
        bad("bare-balancer", &["@services.{n}.loadbalancer=true"]),
        service("bare-check", "healthcheck=true"),
        service("bare-forwarding", "responseforwarding="),
        router("bare-observability", "observability=true"),
    ];
    for (number, rest) in [
        "chain=true",
        "stripprefix=",
        "headers=true",
        "headers.customrequestheaders=true",
        "retry=true",
        "grpcweb=true",
        "buffering=",
        "ratelimit.sourcecriterion=true",
        "ratelimit.sourcecriterion.ipstrategy=",
        "basicauth=true",
        "plugin=x",
        "errors=",
        "forwardauth.tls=",
    ]
    .iter()
    .enumerate()
    {
        all.push(middleware(&format!("empty-{number}"), rest));
    }
    all
}

/// What no schema has.
fn unknown() -> Vec<Poison> {
    vec![
        bad("section", &["@teleports.{n}.a=b"]),
        router("router-field", "teleport=x"),
        service("service-field", "teleport=x"),
        middleware("middleware-type", "teleport.a=b"),
        middleware("middleware-field", "stripprefix.teleport=x"),
        bad("service-kind", &["@services.{n}.teleport.a=b"]),
        left_to_traefik(bad(
            "two-types",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.middlewares={n}",
                "@middlewares.{n}.addprefix.prefix=/a",
                "@middlewares.{n}.stripprefix.prefixes=/a",
            ],
        )),
    ]
}

/// Names of what is not there, or of oneself.
fn references() -> Vec<Poison> {
    vec![
        left_to_traefik(router("service-missing", "service=nowhere")),
        odd(
            "middleware-missing",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.middlewares=nowhere,x@file",
            ],
        ),
        odd(
            "entry-point",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.entrypoints=nowhere",
            ],
        ),
        odd(
            "chain-self",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.middlewares={n}",
                "@middlewares.{n}.chain.middlewares={n}",
            ],
        ),
        odd(
            "chain-cycle",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.middlewares={n}-a",
                "@middlewares.{n}-a.chain.middlewares={n}-b",
                "@middlewares.{n}-b.chain.middlewares={n}-a",
            ],
        ),
        odd(
            "errors-cycle",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.service={n}",
                "@services.{n}.loadbalancer.server.port=80",
                "@services.{n}.middlewares={n}",
                "@middlewares.{n}.errors.status=404",
                "@middlewares.{n}.errors.service={n}",
                "@middlewares.{n}.errors.query=/",
            ],
        ),
        odd(
            "transport",
            &[
                "@services.{n}.loadbalancer.serverstransport=nowhere",
                "@services.{n}.loadbalancer.server.port=80",
            ],
        ),
        odd(
            "tls-options",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.tls.options=nowhere",
                "@routers.{n}.tls.certresolver=nowhere",
            ],
        ),
    ]
}

/// Too much of something.
fn sizes() -> Vec<Poison> {
    let long = |bytes: usize| "k".repeat(bytes);
    let deep = format!("@middlewares.{{n}}.plugin.p{}=x", ".a".repeat(500));
    let unknown_deep = format!("@middlewares.{{n}}.addprefix{}=x", ".a".repeat(500));
    let mut parentheses = "(".repeat(5_000);
    parentheses.push_str("Host(`deep.test`)");
    parentheses.push_str(&")".repeat(5_000));
    let name = |text: &str| format!("@middlewares.{text}.addprefix.prefix=/x");
    let header = format!(
        "@middlewares.{{n}}.headers.customrequestheaders.{}=x",
        long(1_100)
    );
    let many: Vec<String> = (0..300)
        .map(|index| format!("@middlewares.{{n}}-{index}.addprefix.prefix=/x"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    vec![
        bad("key-1100", &[&name(&long(1_100))]),
        bad("key-1025", &[&name(&long(1_025))]),
        bad("key-escaped", &[&name(&"\u{7f}".repeat(300))]),
        bad("key-quoted", &[&name(&"\"\\".repeat(300))]),
        bad("key-header", &[&header]),
        odd(
            "value-100k",
            &[&format!(
                "@middlewares.{{n}}.addprefix.prefix=/{}",
                long(100_000)
            )],
        ),
        bad("deep-plugin", &[&deep]),
        bad("deep-field", &[&unknown_deep]),
        bad(
            "parentheses",
            &[&format!("@routers.{{n}}.rule={parentheses}")],
        ),
        odd("many", &many),
        bad(
            "year-long",
            &[
                "@services.{n}.loadbalancer.healthcheck.path=/",
                "@services.{n}.loadbalancer.healthcheck.interval=2562047h47m17s",
            ],
        ),
    ]
}
