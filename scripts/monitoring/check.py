"""What a Prometheus that scrapes a Pointsman makes of its metrics, alerts and dashboard.

    check.py REPOSITORY PROMETHEUS POINTSMAN     two URLs

The strict parser of OpenMetrics is PyPI's prometheus-client.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

# What has no series while nothing of the kind has happened.
SILENT = {"pointsman_env_held", "pointsman_diagnostics", "pointsman_hook_deliveries_total"}
# As Grafana fills them in.
VARIABLES = {"$__rate_interval": "1m", "$app": ".*", "$env": ".*"}
# What the names of samples end with, beside their family's.
SUFFIX = {"counter": "_total", "info": "_info"}
DEADLINE = 30
OPEN = "application/openmetrics-text"


def get(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        answer = json.loads(get(f"{self.url}/api/v1/{path}?{query}")[0])
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, text):
        return self.ask("query", query=text)["result"]

    def until(self, what, holds):
        deadline = time.monotonic() + DEADLINE
        while not holds():
            if time.monotonic() > deadline:
                sys.exit(f"monitoring: {what}: not within {DEADLINE} s")
            time.sleep(0.1)


def documented(root):
    text = (root / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(pointsman_\w+)` \| (\w+)", text, re.MULTILINE)
    return {name: kind.removesuffix(":") for name, kind in rows}


def exposition(pointsman, table):
    """Parsed strictly, and each family of the type that the table says."""
    text, kind = get(f"{pointsman}/metrics", OPEN)
    assert kind.startswith(OPEN), kind
    families = list(text_string_to_metric_families(text))
    found = {family.name + SUFFIX.get(family.type, ""): family for family in families}
    unknown = {name for name in found if name.startswith("pointsman_")} - set(table)
    assert not unknown, f"not in the table of docs/monitoring.md: {unknown}"
    for name, family in found.items():
        assert name not in table or table[name] == family.type, (name, family.type, table[name])
        assert family.documentation, f"{name} has no help"
    return families


def linted(pointsman):
    """promtool reads the older format only."""
    text, kind = get(f"{pointsman}/metrics")
    assert kind.startswith("text/plain; version=0.0.4"), kind
    promtool = Path(os.environ["PROMETHEUS_DIR"]) / "promtool"
    ran = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True)
    assert ran.returncode == 0 and not ran.stderr, ran.stderr


def scraped(prometheus, table):
    prometheus.until("Pointsman is scraped", lambda: prometheus.query('up{job="pointsman"} == 1'))
    names = set(prometheus.ask("label/__name__/values"))
    missing = set(table) - names - SILENT
    assert not missing, f"documented, and Prometheus has none of: {missing}"


def alerts(prometheus):
    def rules():
        groups = prometheus.ask("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    prometheus.until("the alerts are evaluated", lambda: rules() and all(rule["health"] != "unknown" for rule in rules()))
    ill = [rule for rule in rules() if rule["health"] != "ok"]
    assert not ill, ill
    # before the first scrape nobody was there
    prometheus.until("no alert on a healthy system", lambda: all(rule["state"] == "inactive" for rule in rules()))
    return len(rules())


def dashboard(root, prometheus):
    """Every question is understood; those about what is there have an answer."""
    panels = json.loads((root / "monitoring/dashboard.json").read_text(encoding="utf-8"))["panels"]
    asked = 0
    for panel in panels:
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in VARIABLES.items():
                text = text.replace(name, value)
            assert "$" not in text, f"{panel['title']}: {text}"
            silent = any(name in text for name in SILENT)
            if not silent:
                prometheus.until(f"{panel['title']}: {text}", lambda: prometheus.query(text))
            prometheus.query(text)
            asked += 1
    return asked


def main():
    root, url, pointsman = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    prometheus = Prometheus(url)
    table = documented(root)
    families = exposition(pointsman, table)
    linted(pointsman)
    samples = sum(len(family.samples) for family in families)
    print(f"   {len(families)} families with {samples} samples, parsed strictly, and nothing for promtool to say")
    scraped(prometheus, table)
    print(f"   {len(table)} documented metrics, scraped or silent for a reason")
    print(f"   {alerts(prometheus)} alerts, loaded and quiet")
    print(f"   {dashboard(root, prometheus)} questions of the dashboard, answered")


main()
