import type { Schemas } from "@/api/client";

type Reason = Schemas["ReasonShape"];

/** A reason that finishes a record, with the way to it. */
export interface Leaf {
  code: string;
  name: string;
  /** Names of the nodes above it. */
  above: string;
}

/** The leaves of the tree of reasons in the order of the tree. */
export function leavesOf(reasons: readonly Reason[], language: string): Leaf[] {
  const active = reasons.filter((each) => each.active !== false);
  const nameOf = (each: Reason): string => each.names[language] ?? each.names["zh-CN"] ?? each.code;

  function under(parent: string | null, above: string[]): Leaf[] {
    return active
      .filter((each) => (each.parent ?? null) === parent)
      .flatMap((each) => {
        const name = nameOf(each);
        const below = under(each.code, [...above, name]);
        return below.length > 0 ? below : [{ code: each.code, name, above: above.join(" › ") }];
      });
  }
  return under(null, []);
}

/** The leaves that hold every word of the search in their name, their way or their code. */
export function search(leaves: readonly Leaf[], text: string): Leaf[] {
  const words = text.trim().toLowerCase().split(/\s+/);
  return leaves.filter((leaf) => {
    const all = `${leaf.above} ${leaf.name} ${leaf.code}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
