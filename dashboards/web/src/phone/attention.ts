import { ref } from "vue";

/** How many calls ring here, for the title of a window that lies behind others. */
const ringing = ref(0);
let shown: Notification | null = null;

export function useAttention() {
  return { ringing };
}

/** A note of the system for a window that is not seen; it goes with the ring and brings the window back. */
export function notify(title: string, body: string, tag: string): void {
  if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  withdraw();
  const note = new Notification(title, { body, tag, requireInteraction: true });
  note.addEventListener("click", () => {
    window.focus();
    note.close();
  });
  shown = note;
}

export function withdraw(): void {
  shown?.close();
  shown = null;
}
