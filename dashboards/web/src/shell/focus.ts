import { onMounted, onScopeDispose } from "vue";

/**
 * Keeps the keyboard's place (WCAG 2.4.3): a control that is removed or disabled under the focus would leave it on the
 * document, from where Tab begins at the top. It goes to the page's main part, and back to a control that was only
 * disabled for the length of a request.
 */
export function useFocusKeeper(mainPart: () => HTMLElement | null): void {
  let last: HTMLElement | null = null;
  const isLost = (): boolean => document.activeElement === null || document.activeElement === document.body;

  function onFocus(event: FocusEvent): void {
    last = event.target instanceof HTMLElement ? event.target : null;
  }

  /** A person who clicks beside a field has left it. */
  function onBlur(event: FocusEvent): void {
    const { target, relatedTarget } = event;
    if (relatedTarget !== null) return;
    setTimeout(() => {
      if (last === target && last?.isConnected && !last.matches(":disabled")) last = null;
    });
  }

  function look(): void {
    if (last === null || !isLost() || document.querySelector("dialog:modal") !== null) return;
    if (last.isConnected && last.matches(":disabled")) return;
    const next = last.isConnected ? last : mainPart();
    next?.focus({ preventScroll: true });
  }

  const observer = new MutationObserver(look);
  onMounted(() => {
    observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ["disabled"] });
    if (isLost()) mainPart()?.focus({ preventScroll: true });
  });
  addEventListener("focusin", onFocus);
  addEventListener("focusout", onBlur);
  onScopeDispose(() => {
    observer.disconnect();
    removeEventListener("focusin", onFocus);
    removeEventListener("focusout", onBlur);
  });
}
