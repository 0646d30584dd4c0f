# The commands of this repository. CI runs `make test`, and docs, monitoring, book, deny, workflows, remote
# and plain-debian.
.PHONY: help setup demo demo-down test networks workflows remote plain-debian docs monitoring book deny differential matrix fuzz image bench drop

help: ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: ## Install what is missing: Docker Engine, compose, Traefik, test tools
	@bash scripts/setup.sh

demo: ## A running Traefik and Pointsman, two versions of a sample app, and a switch under load
	@bash scripts/demo.sh

demo-down: ## Remove what the demo made
	@bash scripts/demo-down.sh

image: ## Build the images: Pointsman, its sample app, Traefik; and check the first
	@bash scripts/setup.sh && bash scripts/images.sh && bash scripts/image-check.sh

test: ## What CI runs first: formatting, lints, docs of the code, all tests, with a real Engine and Traefik
	@bash scripts/test.sh

networks: ## Attach and detach 50 times under load, compose up and down 100 times, restarts
	@POINTSMAN_ATTACHMENTS=50 POINTSMAN_UPS=100 bash scripts/test.sh setup images networks

workflows: ## Lint all workflows and run the steps of examples/github, over ssh
	@bash scripts/test.sh setup images workflows

remote: ## The newcomer's hour on a second Engine, through a docker context over ssh
	@bash scripts/test.sh setup images remote

plain-debian: ## The lines of docs/installing.md on a Debian with nothing on it: release, Traefik, an app
	@bash scripts/test.sh setup plain_debian

docs: ## Run every command that the documents show
	@bash scripts/test.sh setup images docs

monitoring: ## Alerts and dashboard, by a real Prometheus that scrapes a real Pointsman
	@bash scripts/test.sh setup images monitoring

book: ## The documents as a book in target/book, and do its links lead somewhere
	@bash scripts/test.sh book

deny: ## Licenses, sources and double versions of what is built in, by cargo-deny
	@bash scripts/test.sh deny

N ?=
differential: ## Compare with Traefik's Docker provider: all labels, and N random worlds (20000)
	@POINTSMAN_DIFF_EVERY=1 POINTSMAN_DIFF_CASES=$(or $(N),20000) bash scripts/test.sh differential

matrix: ## Documents against every release of Traefik that is supported; fetches them first
	@bash scripts/matrix.sh

TIME ?= 60
fuzz: ## Feed nonsense to labels, rules and the encoder for TIME seconds each
	@bash scripts/fuzz.sh $(TIME)

PARTS ?=
bench: ## Measure and write the tables of docs/benchmarks.md; PARTS="micro beside" for some of it
	@bash scripts/bench.sh $(PARTS)

BESIDE ?= 5
drop: ## The life of a version under load, N times (25), and what is dropped; BESIDE times with others; docs/zero-drop.md
	@N=$(or $(N),25) BESIDE=$(BESIDE) bash scripts/drop.sh
