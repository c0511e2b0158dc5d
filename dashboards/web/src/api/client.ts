import createClient from "openapi-fetch";

import { manners, type Circumstances } from "./manners";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** Set once by the session and the texts; this module depends on neither. */
export const circumstances: Circumstances = {
  language: () => "zh-CN",
  csrf: () => "",
  bearer: () => "",
  signedOut: () => undefined,
};

const late: Circumstances = {
  language: () => circumstances.language(),
  csrf: () => circumstances.csrf(),
  bearer: () => circumstances.bearer(),
  signedOut: () => {
    circumstances.signedOut();
  },
};

/** The public API with the types of its own description; refusals are thrown, so `data` is what the route answers. */
export const api = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  headers: { Accept: "application/json" },
  // Looked up at each request, so that a test can put another fetch in its place.
  fetch: (request) => fetch(request),
});
api.use(manners(late));

/** The body of an answer; an operation without one answers `undefined`. */
export async function bodyOf<Body>(answer: Promise<{ data?: Body }>): Promise<Body> {
  return (await answer).data as Body;
}
