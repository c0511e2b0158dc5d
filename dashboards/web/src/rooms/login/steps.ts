import { ref } from "vue";

import { api, bodyOf } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { useSession, type Session } from "@/session/store";
import type { TextKey } from "@/texts";

/** What is asked for: name and password, a code, one's own password, a second factor and its recovery codes. */
export type Stage = "login" | "code" | "proof" | "password" | "enrol" | "recovery";

const BY_CODE: Readonly<Record<string, TextKey>> = { weak_password: "login.weak", wrong_code: "login.code_wrong" };
const BY_STATUS: Readonly<Record<number, TextKey>> = {
  401: "login.refused",
  422: "login.refused",
  429: "login.too_many",
};

/** The sentence for an error; what a form cannot know better is "cannot be reached". */
export function sentenceOf(error: unknown): TextKey {
  if (!(error instanceof Refusal)) return "login.unreachable";
  return BY_CODE[error.code] ?? BY_STATUS[error.status] ?? "login.unreachable";
}

/** The way from a name to a person who may work: each stage asks for one thing. */
export function useSteps(done: () => void) {
  const session = useSession();
  const stage = ref<Stage>("login");
  /** Shown once: the key of the authenticator, then the recovery codes. */
  const display = ref("");
  let login = "";
  let password = "";
  let opened: Session | null = null;

  function enter(next: Stage, text = ""): void {
    stage.value = next;
    display.value = text;
  }

  /** To the work, or to what must be done before it. */
  async function goOn(): Promise<void> {
    if (opened === null) return;
    // The identity provider has vouched for the person; what comes next takes their password here.
    if ((opened.must_change_password || opened.must_enrol_totp) && password === "") enter("proof");
    else if (opened.must_change_password) enter("password");
    else if (opened.must_enrol_totp) {
      const { secret } = await bodyOf(api.POST("/api/v1/session/totp", { body: { password } }));
      enter("enrol", secret);
    } else done();
  }

  async function signIn(code: string | null = null): Promise<void> {
    try {
      opened = await session.signIn(login, password, code);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "totp_required") throw error;
      enter("code");
      return;
    }
    await goOn();
  }

  async function changePassword(next: string): Promise<void> {
    try {
      await api.PUT("/api/v1/session/password", { body: { old: password, new: next } });
    } catch (error) {
      if (error instanceof Refusal && error.code === "wrong_login") enter("proof");
      throw error;
    }
    password = next;
    if (opened !== null) opened = { ...opened, must_change_password: false };
    await goOn();
  }

  const steps: Record<Stage, (fields: Fields) => Promise<void>> = {
    login: async (fields) => {
      login = fields.login.trim();
      password = fields.password;
      await signIn();
    },
    code: (fields) => signIn(fields.code),
    proof: async (fields) => {
      password = fields.password;
      await goOn();
    },
    password: (fields) => changePassword(fields.password),
    enrol: async (fields) => {
      const answer = await bodyOf(api.POST("/api/v1/session/totp/confirm", { body: { code: fields.code } }));
      enter("recovery", answer.recovery_codes.join("\n"));
    },
    recovery: () => {
      done();
      return Promise.resolve();
    },
  };

  /** Back from the identity provider with a session. */
  async function comeBack(session: Session): Promise<void> {
    opened = session;
    await goOn();
  }

  return { stage, display, submit: (fields: Fields) => steps[stage.value](fields), comeBack };
}

export interface Fields {
  login: string;
  password: string;
  code: string;
}
