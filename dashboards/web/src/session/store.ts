import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { api, bodyOf, circumstances, type Schemas } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { useTexts } from "@/texts";

export type Person = Schemas["PersonShape"];
export type Role = Schemas["Role"];
export type Session = Schemas["SessionShape"];

const TOKEN = "callcenter.token";

/** Who uses this page: a person with a session, or a screen with a token. */
export const useSession = defineStore("session", () => {
  const person = ref<Person | null>(null);
  const csrf = ref("");
  const token = ref("");
  /** The session ended while the page was open: sign in over it. */
  const expired = ref(false);
  const agent = computed(() => person.value?.agent ?? null);
  const { language } = useTexts();

  circumstances.csrf = () => csrf.value;
  circumstances.bearer = () => token.value;
  circumstances.language = () => language.value;
  circumstances.signedOut = () => {
    if (person.value !== null) expired.value = true;
  };

  function take(session: Session): Session {
    person.value = session.person;
    csrf.value = session.csrf_token ?? csrf.value;
    return session;
  }

  /** The person of the browser's cookie; null when no one is signed in. */
  async function resume(): Promise<Session | null> {
    try {
      return take(await bodyOf(api.GET("/api/v1/session")));
    } catch (error) {
      if (error instanceof Refusal && (error.status === 401 || error.status === 403)) return null;
      throw error;
    }
  }

  async function signIn(login: string, password: string, code: string | null = null): Promise<Session> {
    // A code only where one was asked for.
    const plain = { login, password, language: language.value };
    const body = (code === null ? plain : { ...plain, code }) as typeof plain & { code: string | null };
    return take(await bodyOf(api.POST("/api/v1/session", { body })));
  }

  async function signOut(): Promise<void> {
    sessionStorage.removeItem(TOKEN);
    if (token.value === "") await api.DELETE("/api/v1/session");
    token.value = "";
    person.value = null;
  }

  /** A screen on the wall has no person: its token comes once behind `#token=` and leaves the address bar at once. */
  function takeToken(): boolean {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      sessionStorage.setItem(TOKEN, given);
      history.replaceState(history.state, "", location.pathname + location.search);
    }
    token.value = sessionStorage.getItem(TOKEN) ?? "";
    return token.value !== "";
  }

  function has(roles: readonly Role[]): boolean {
    return person.value?.roles.some((role) => roles.includes(role)) ?? false;
  }

  return { person, agent, csrf, token, expired, resume, signIn, signOut, takeToken, has, take };
});
