/** Where a call can be passed to. */
export interface Target {
  kind: "agent" | "queue" | "number";
  id: string;
  name: string;
  /** What is worth knowing before it is chosen: the wait of a queue. */
  note: string;
  favourite: boolean;
}

interface Known {
  colleagues: readonly {
    agent: string;
    name: string;
    skills: Readonly<Record<string, number>>;
    free: boolean;
    favourite: boolean;
  }[];
  queues: readonly { queue: string; name: string; note: string; favourite: boolean }[];
  /** The number that the text is, if it is one. */
  number: string;
}

const NUMBER = /^\+?[0-9*#]{3,}$/;

/** People who stand before a favourite queue at most: it stays in sight, and Enter alone never passes to it. */
const BEFORE = 3;

/** Who fits what was typed: the free first, favourites before others, queues after people, a number as it is. */
export function targetsOf(text: string, known: Known): Target[] {
  const words = text.trim().toLowerCase();
  const fits = (...texts: string[]): boolean => texts.some((each) => each.toLowerCase().includes(words));
  const rank = (each: Known["colleagues"][number]): number => (each.free ? 0 : 2) + (each.favourite ? 0 : 1);
  const colleagues = known.colleagues
    .filter((each) => fits(each.agent, each.name, ...Object.keys(each.skills)))
    .sort((left, right) => rank(left) - rank(right) || left.agent.localeCompare(right.agent))
    .map((each): Target => ({ kind: "agent", id: each.agent, name: each.name, note: "", favourite: each.favourite }));
  const queues = known.queues
    .filter((each) => fits(each.queue, each.name))
    .sort((left, right) => Number(right.favourite) - Number(left.favourite))
    .map((each): Target => ({
      kind: "queue",
      id: each.queue,
      name: each.name,
      note: each.note,
      favourite: each.favourite,
    }));
  const exact = colleagues.some((each) => each.id === known.number);
  const number: Target[] =
    NUMBER.test(known.number) && !exact
      ? [{ kind: "number", id: known.number, name: known.number, note: "", favourite: false }]
      : [];
  const marked = queues.filter((each) => each.favourite);
  const people = [...colleagues.slice(0, BEFORE), ...marked, ...colleagues.slice(BEFORE)];
  return [...people, ...queues.filter((each) => !each.favourite), ...number];
}
