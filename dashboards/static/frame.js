// What every page of the desk has around it: the banner, the live mark, the way out.

import { logOut, personOrLogin, presentAlarms, useToken } from "./api.js";
import { byId, icon, pill } from "./dom.js";
import { Live } from "./live.js";
import { loadNames } from "./names.js";
import { known, onLanguage, startTexts, t } from "./texts.js";
import { clock, tick } from "./times.js";

/** How long a page shows that a failure which is over has cut calls off. */
const CUT_SHOWN = 120000;
const failures = new Map();

/** Failures that last, and those that cut calls off a moment ago; what became of the calls is said as it is known. */
function failureTexts(live) {
  const now = live.now();
  const recent = ({ ended_at: ended, calls }) => !ended || (calls === "cut" && now - Date.parse(ended) < CUT_SHOWN);
  return [...failures.values()].filter(recent).map((failure) => {
    const cause = known(`failure.${failure.cause}`, `failure.${failure.kind}`, { subject: failure.subject });
    return `${t("failure.since", { time: clock(failure.since), cause })} ${t(`failure.calls_${failure.calls}`)}`;
  });
}

function bannerText(live, refused) {
  if (refused) return t("live.forbidden");
  if (live.lost !== null) return t("live.stale", { time: clock(live.lost) });
  const texts = failureTexts(live);
  if (texts.length) return texts.join(" ");
  if (!live.link.connected) return t("live.link_lost", { time: live.link.since ? clock(live.link.since) : "–" });
  return "";
}

/** A snapshot of the floor has no failures: those that began before are read. */
async function readFailures() {
  const present = await presentAlarms();
  failures.clear();
  for (const failure of present) failures.set(failure.id, failure);
}

function frame(live, refused) {
  const banner = byId("banner");
  const text = bannerText(live, refused);
  if (banner.dataset.said !== text) {
    banner.dataset.said = text;
    banner.replaceChildren(icon("alert"), document.createTextNode(text));
    banner.hidden = text === "";
  }
  document.body.classList.toggle("stale", live.lost !== null);
  const [tone, name, word] = live.lost !== null || !live.ready ? ["off", "link", "live.connecting"] : ["good", "check", "live.online"];
  byId("live").replaceChildren(pill(tone, name, t(word)));
}

/** A wallboard has no person: its token comes once after `#token=` and is removed from the address bar at once. */
function screenToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    sessionStorage.setItem("callcenter.token", token);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("callcenter.token") ?? "";
}

/** Open the page: texts, person, live connection; `draw` is called on every change, `beat` four times a second. */
export async function open(draw, beat) {
  await startTexts();
  const token = screenToken();
  useToken(token);
  const person = token ? { name: "", agent: null } : await personOrLogin();
  if (person === null) return;
  byId("log-out").addEventListener("click", async () => {
    sessionStorage.removeItem("callcenter.token");
    if (!token) await logOut();
    location.assign("/login");
  });
  const live = new Live({ token });
  let refused = false;
  const all = (detail) => {
    frame(live, refused);
    draw(live, person, detail);
    tick(live.now());
  };
  live.addEventListener("change", ({ detail }) => {
    refused = detail.kind === "refused";
    if (detail.kind === "failure") failures.set(detail.data.id, detail.data);
    if (detail.kind === "snapshot") readFailures().then(() => frame(live, refused), () => undefined);
    all(detail);
    // A refused handshake looks like any broken connection; only the API reports that the session has ended.
    if ((detail.kind === "lost" || refused) && !token) personOrLogin().catch(() => undefined);
  });
  onLanguage(() => all({ kind: "language", data: null }));
  setInterval(() => {
    tick(live.now());
    frame(live, refused);
    beat(live, person);
  }, 250);
  all({ kind: "open", data: null });
  void loadNames().then(() => all({ kind: "names", data: null }));
  live.start();
}
