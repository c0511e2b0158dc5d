import { shallowRef, type ShallowRef } from "vue";

import { useFloor } from "./floor";

/**
 * A list that is read at each snapshot and kept by the deltas of its kind. A delta that comes while the list is being
 * read is newer than the answer and is applied on top of it.
 */
export function liveList<Item extends { id: string }>(
  kind: string,
  read: () => Promise<readonly Item[]>,
  /** An item that is over leaves the list. */
  over: (item: Item) => boolean = () => false,
): { items: ShallowRef<ReadonlyMap<string, Item>>; put: (item: Item) => void } {
  const floor = useFloor();
  const items = shallowRef<ReadonlyMap<string, Item>>(new Map());
  let meanwhile: Item[] = [];
  let reading = 0;

  function withItem(before: ReadonlyMap<string, Item>, item: Item): ReadonlyMap<string, Item> {
    const next = new Map(before);
    if (over(item)) next.delete(item.id);
    else next.set(item.id, item);
    return next;
  }

  function put(item: Item): void {
    meanwhile.push(item);
    items.value = withItem(items.value, item);
  }

  async function load(): Promise<void> {
    const turn = ++reading;
    meanwhile = [];
    try {
      const known = await read();
      if (turn !== reading) return;
      const listed: ReadonlyMap<string, Item> = new Map(known.map((item) => [item.id, item]));
      items.value = meanwhile.reduce(withItem, listed);
    } catch {
      // The next snapshot reads again; until then the deltas stand.
    }
  }

  floor.watchDeltas((each, data) => {
    if (each === "snapshot") void load();
    else if (each === kind) put(data as Item);
  });
  if (floor.ready) void load();
  return { items, put };
}
