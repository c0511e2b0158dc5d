import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { bindKeys } from "@/keys/hotkeys";
import { followTheme } from "@/shell/theme";
import { followLanguage } from "@/texts";

import { useSession } from "./store";

type Settings = Schemas["SettingsShape"];

const BASE_SIZE = 15;

/** A person's own settings, kept on the service: keys, size of the type, language and light on every computer. */
export const useSettings = defineStore("settings", () => {
  const session = useSession();
  const settings = ref<Settings | null>(null);
  const keys = computed((): Readonly<Record<string, string>> => settings.value?.keys ?? {});
  const scale = computed(() => settings.value?.text_scale ?? 100);
  // One change after the other: each follows the ETag of the one before it.
  let queue: Promise<unknown> = Promise.resolve();

  function take(next: Settings): void {
    settings.value = next;
    bindKeys(next.keys ?? {});
    document.documentElement.style.fontSize =
      next.text_scale === 100 ? "" : `${String((BASE_SIZE * next.text_scale) / 100)}px`;
  }

  async function read(): Promise<void> {
    take(await bodyOf(api.GET("/api/v1/me/settings")));
  }

  /** Read the settings; a computer whose user chose a language or a light here keeps that. */
  async function load(): Promise<void> {
    if (session.person === null) return;
    await read();
    await followLanguage(settings.value?.language ?? null);
    followTheme(settings.value?.theme ?? "system");
  }

  async function put(part: Partial<Settings>): Promise<void> {
    if (settings.value === null) await read();
    const body = { ...(settings.value as Settings), ...part };
    // The version that was read last is named by the client (If-Match).
    const params = { header: {} as { "If-Match": string } };
    take(await bodyOf(api.PUT("/api/v1/me/settings", { params, body })));
  }

  /** Change some settings. Another window may have changed others meanwhile: those are read and stay. */
  function change(part: Partial<Settings>): Promise<void> {
    if (session.person === null) return Promise.resolve();
    const next = queue.then(async () => {
      try {
        await put(part);
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 412) throw error;
        await read();
        await put(part);
      }
    });
    queue = next.catch(() => undefined);
    return next;
  }

  return { settings, keys, scale, load, change };
});
