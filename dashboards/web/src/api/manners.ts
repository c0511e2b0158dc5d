import type { Middleware } from "openapi-fetch";

import { newKey } from "./keys";
import { refusalOf, Unreachable } from "./refusal";

/** What the requests of this page have in common. */
export interface Circumstances {
  language: () => string;
  csrf: () => string;
  bearer: () => string;
  /** The session has ended: the page stays and a sign-in is shown over it. */
  signedOut: () => void;
}

/** Codes of a 401 that means no session; a proxy in between gives none. */
const ENDED = ["not_signed_in", ""];

/** Language, proof against foreign pages, ETags of what was read, keys for what must not happen twice, refusals as errors. */
export function manners(circumstances: Circumstances): Middleware {
  const tags = new Map<string, string>();
  return {
    onRequest({ request }) {
      const { headers, method, url } = request;
      const path = new URL(url).pathname;
      headers.set("Accept-Language", circumstances.language());
      if (circumstances.bearer()) headers.set("Authorization", `Bearer ${circumstances.bearer()}`);
      if (method === "GET") return request;
      if (circumstances.csrf()) headers.set("X-CSRF-Token", circumstances.csrf());
      if (method === "POST" && !headers.has("Idempotency-Key")) headers.set("Idempotency-Key", newKey());
      const tag = tags.get(path);
      if ((method === "PUT" || method === "PATCH") && tag !== undefined && !headers.has("If-Match")) {
        headers.set("If-Match", tag);
      }
      return request;
    },
    async onResponse({ request, response }) {
      const path = new URL(request.url).pathname;
      const tag = response.headers.get("ETag");
      if (response.ok && tag !== null) tags.set(path, tag);
      if (response.ok) return response;
      const refusal = await refusalOf(response);
      // A wrong password or code (`wrong_login`, `wrong_code`) is for its form, not for the page around it.
      if (refusal.status === 401 && ENDED.includes(refusal.code)) circumstances.signedOut();
      throw refusal;
    },
    onError({ error }) {
      return new Unreachable(error);
    },
  };
}
