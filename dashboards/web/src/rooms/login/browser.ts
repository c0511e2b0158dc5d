/** What this console needs of a browser and an old one may lack: tested, not guessed from its name. */
export function lacking(): string[] {
  const needs: Record<string, boolean> = {
    WebSocket: "WebSocket" in globalThis,
    dialog: "HTMLDialogElement" in globalThis,
    "light-dark()": typeof CSS === "undefined" || CSS.supports("color", "light-dark(#000, #fff)"),
    "Array.prototype.at": "at" in Array.prototype,
  };
  return Object.entries(needs)
    .filter(([, there]) => !there)
    .map(([name]) => name);
}
