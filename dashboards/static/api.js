// The public HTTP API, called as any other client would: cookie session, problem+json, CSRF token.

import { currentLanguage } from "./texts.js";

let csrf = "";
let bearer = "";

/** Ask as a screen with a token instead of a person with a session. */
export function useToken(token) {
  bearer = token;
}

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.code = problem.code ?? "";
  }
}

async function request(method, path, body) {
  const headers = { Accept: "application/json", "Accept-Language": currentLanguage() };
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers,
    credentials: "same-origin",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    data = null; // A proxy's error page is not JSON; the status is enough.
  }
  if (!answer.ok) throw new Refused(answer.status, data ?? {});
  return data;
}

function remember(session) {
  csrf = session.csrf_token ?? csrf;
  return session.person;
}

export const whoAmI = async () => remember(await request("GET", "/session"));
export const logOut = () => request("DELETE", "/session");
export const agent = (number) => request("GET", `/agents/${encodeURIComponent(number)}`);
export const presence = (number, verb, body = {}) =>
  request("POST", `/agents/${encodeURIComponent(number)}/presence/${verb}`, body);
export const pauseReasons = () => request("GET", "/pause-reasons");
export const lines = () => request("GET", "/lines?limit=200");
export const queues = () => request("GET", "/queues?limit=200");
export const calls = (query) => request("GET", `/calls?${new URLSearchParams(query)}`);

export const serviceLevel = (query) => request("GET", `/service-level?${new URLSearchParams(query)}`);

export const lookUp = (number) => request("GET", `/customers/lookup?${new URLSearchParams({ number })}`);

/** The person; null when no one is signed in and the browser goes to the login page. */
export async function personOrLogin() {
  try {
    return await whoAmI();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      return null;
    }
    throw error;
  }
}

/** The failures of this instant, for the banner. */
export function presentAlarms() {
  return request("GET", "/alarms/now");
}
