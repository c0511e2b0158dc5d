import { ref } from "vue";

/** How many calls ring here, for the title of a window that lies behind others. */
const ringing = ref(0);
let note: Notification | null = null;

export function useAttention() {
  return { ringing };
}

/** A note of the system for a window that is not seen; it goes with the ring and brings the window back. */
export function notify(title: string, body: string, tag: string): void {
  if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  withdraw();
  const fresh = new Notification(title, { body, tag, requireInteraction: true });
  fresh.addEventListener("click", () => {
    window.focus();
    fresh.close();
  });
  note = fresh;
}

export function withdraw(): void {
  note?.close();
  note = null;
}
