// The dashboard: asks the API, shows what it says, and asks again when something happens. Changes nothing.
// What comes from labels is only ever put into text nodes.
"use strict";

const $ = (id) => document.getElementById(id);
const envs = new Map();
const news = [];
let token = sessionStorage.getItem("pointsman-token") || "";

class Refused extends Error {}

async function ask(path, more) {
  const headers = Object.assign(token ? { Authorization: "Bearer " + token } : {}, more);
  const answer = await fetch(path, { headers, cache: "no-store" });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error(path + " answers " + answer.status);
  return answer;
}

const get = async (path) => (await ask(path)).json();

// An element: its class, and children that are elements or text.
function el(name, kind, ...children) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...children.filter((child) => child !== null && child !== undefined).map((child) => child.nodeType ? child : String(child)));
  return made;
}

function link(url, text) {
  if (!/^https?:\/\//.test(url)) return el("span", "", url);
  const made = el("a", "", text || url.replace(/^https?:\/\//, "").replace(/\/$/, ""));
  made.href = url;
  made.rel = "noreferrer";
  return made;
}

const MOODS = { ready: "good", settling: "warn", degraded: "warn", down: "bad", absent: "quiet" };

function health(it) {
  const made = el("span", MOODS[it.state] || "quiet", it.state + " " + it.healthy + "/" + it.expected);
  if (it.reason) made.title = it.reason;
  return made;
}

function slot(env, name) {
  const placed = env.slots[name];
  const active = env.active === name;
  const made = el("div", "slot " + name + (active ? " active" : ""));
  made.append(el("div", "row quiet", name, el("span", "push", active ? "live" : placed ? "staged" : "")));
  if (!placed) return made.append(el("div", "quiet", "empty")), made;
  made.append(el("div", "version", placed.version), health(placed.health));
  if (placed.failed) made.append(el("div", "bad", placed.failed));
  return made;
}

// How live traffic is divided; an SVG, because the page allows no inline styles.
function share(weights) {
  const SVG = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "share");
  made.setAttribute("viewBox", "0 0 100 1");
  made.setAttribute("preserveAspectRatio", "none");
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", "blue " + weights.blue + " %, green " + weights.green + " %");
  let from = 0;
  for (const [kind, width] of [["b", weights.blue], ["g", weights.green]]) {
    const part = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ class: kind, x: from, y: 0, width, height: 1 })) part.setAttribute(key, value);
    made.append(part);
    from += width;
  }
  return made;
}

function traffic(env) {
  const { intended, effective } = env.weights;
  const words = (it) => "blue " + it.blue + " %, green " + it.green + " %";
  const wanted = words(intended) === words(effective) ? "" : " (meant: " + words(intended) + ")";
  return el("div", "", share(effective), el("div", "quiet", words(effective) + wanted));
}

function notes(env) {
  const made = [];
  if (env.shift) {
    const { version, weight, phase, plan, step, steps } = env.shift;
    made.push(version + ": " + plan + ", step " + step + " of " + steps + ", " + weight + " %, " + phase);
  }
  if (env.held) made.push("held: " + env.held.reason + ": " + env.held.detail);
  if (env.frozen) made.push("frozen by " + env.frozen.by + ": " + env.frozen.why);
  if (env.maintenance) made.push("maintenance: " + env.maintenance.message);
  return made.map((text) => el("p", "note", text));
}

function applied(env) {
  const behind = env.applied.filter((it) => it.revision !== env.revision).length;
  if (!env.applied.length) return el("span", "bad", "no Traefik asks");
  if (behind) return el("span", "warn", behind + " of " + env.applied.length + " behind");
  return el("span", "good", env.applied.every((it) => it.confirmed) ? "applied" : "served");
}

function previews(env) {
  if (!env.previews.length) return null;
  return el("ul", "plain", ...env.previews.map((it) => el("li", "row", el("strong", "", it.version), health(it.health), ...it.urls.map((url) => link(url)))));
}

function card(env) {
  const state = el("span", "pill " + (env.state === "steady" ? "good" : env.state === "shifting" ? "warn" : ""), env.state);
  const made = el("article", "env", el("div", "row", el("h3", "", env.app, el("span", "quiet", " / " + env.env)), state, el("span", "push", applied(env))));
  made.append(el("div", "row", ...env.urls.map((url) => link(url)), ...env.staged_urls.map((url) => link(url))));
  made.append(el("div", "slots", slot(env, "blue"), slot(env, "green")));
  if (env.active) made.append(traffic(env));
  made.append(...notes(env));
  const list = previews(env);
  if (list) made.append(list);
  return made;
}

function show(id, children, otherwise) {
  $(id).replaceChildren(...(children.length ? children : [el("p", "quiet", otherwise)]));
}

function showEnvs() {
  const all = [...envs.keys()].sort().map((key) => card(envs.get(key)));
  show("envs", all, "There is no environment yet: pointsman env init APP ENV DOMAIN");
}

function showProxies(all, revision) {
  const row = (it) => {
    const same = !revision || it.revision === revision;
    const how = it.confirmed ? "applied" : "served";
    return el("p", "row", el("span", "mono", it.proxy), el("span", same ? "good" : "warn", same ? how : "behind"), el("span", "push quiet", it.polls + " polls"));
  };
  show("proxies", all.map(row), "No Traefik asks for the document.");
}

function showFindings(all) {
  const row = (it) => el("p", "", el("code", "warn", it.code), " " + it.subject + ": ", el("span", "quiet", it.message));
  show("findings", all.map(row), "Nothing is wrong with labels, names and networks.");
}

function showNews() {
  const row = (it) => el("li", "", el("span", "quiet mono", it.time.slice(11, 19) + " "), it.app ? el("strong", "", it.app + "/" + it.env + " ") : null, it.message);
  show("news", news.map(row), "Nothing yet.");
}

async function refreshEnv(app, env) {
  const key = app + "/" + env;
  try {
    envs.set(key, await get("/v1/envs/" + encodeURIComponent(app) + "/" + encodeURIComponent(env)));
  } catch (error) {
    if (error instanceof Refused) throw error;
    envs.delete(key);
  }
}

async function refresh() {
  const list = (await get("/v1/envs")).envs;
  const known = new Set(list.map((it) => it.app + "/" + it.env));
  for (const key of envs.keys()) if (!known.has(key)) envs.delete(key);
  await Promise.all(list.map((it) => refreshEnv(it.app, it.env)));
  showEnvs();
  const [proxies, findings] = await Promise.all([get("/v1/proxies"), get("/v1/diagnostics")]);
  const newest = [...envs.values()].map((it) => it.revision).find(Boolean);
  showProxies(proxies, newest);
  showFindings(findings);
}

// Many events make one look.
let due = null;
function soon() {
  if (due === null) due = setTimeout(() => { due = null; refresh().catch(trouble); }, 150);
}

function told(text) {
  const data = text.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
  if (!data) return;
  const event = JSON.parse(data);
  if (event.kind !== "applied") {
    news.unshift(event);
    news.length = Math.min(news.length, 50);
    showNews();
  }
  soon();
}

async function follow() {
  const answer = await ask("/v1/events", { Accept: "text/event-stream" });
  line("live", "good");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    parts.forEach(told);
  }
}

function line(text, mood) {
  $("line").textContent = text;
  $("line").className = "pill " + mood;
}

function trouble(error) {
  line(error instanceof Refused ? "token wanted" : "no answer", "bad");
  if (error instanceof Refused) door();
}

function door() {
  $("door").hidden = false;
  $("page").hidden = true;
  $("token").focus();
}

$("door").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  sessionStorage.setItem("pointsman-token", token);
  $("door").hidden = true;
  $("page").hidden = false;
  run();
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let turn = 0;
async function run() {
  const mine = ++turn;
  showNews();
  while (mine === turn) {
    try {
      $("release").textContent = (await get("/v1/settings")).version;
      await refresh();
      await follow();
    } catch (error) {
      trouble(error);
      if (error instanceof Refused) return;
    }
    await pause(2000);
  }
}

// What no event tells: who polls, and which of them went away.
setInterval(() => { if ($("door").hidden) soon(); }, 10000);
run();
