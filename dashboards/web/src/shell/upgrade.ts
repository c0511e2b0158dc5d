import { ref } from "vue";

/** A chunk of this build is gone, or the service serves another build: the page has to be loaded again. */
const outdated = ref(false);

export function watchForUpgrade(): void {
  addEventListener("vite:preloadError", (event) => {
    event.preventDefault();
    outdated.value = true;
  });
}

/** Compare this page with what the service serves; a page under development belongs to no build. */
export function compareBuild(served: string | null): void {
  if (served !== null && __BUILD__ !== "development" && served !== __BUILD__) outdated.value = true;
}

const TRIED = "callcenter.reloaded";

/** Load the page again for this build, once: a page that is served from elsewhere must not do so without end. */
export function reloadOnce(build: string | null): void {
  if (build === null || sessionStorage.getItem(TRIED) === build) return;
  sessionStorage.setItem(TRIED, build);
  location.reload();
}

export function useUpgrade() {
  return { outdated };
}
