interface Changed {
  id?: string;
  agent?: string | null;
  ended_at?: string | null;
}

/**
 * Whether a delta may change what waits for this agent. `todo` comes only with other counts, and one thing may take the
 * place of another: so one's own calls that end and return calls count too, and those that are `listed` and were given away.
 */
export function changesTodo(kind: string, data: unknown, agent: string | null, listed: readonly string[]): boolean {
  if (kind === "todo") return true;
  if (kind !== "call" && kind !== "callback") return false;
  const changed = data as Changed;
  const own = agent !== null && changed.agent === agent;
  if (kind === "call") return own && changed.ended_at != null;
  return own || listed.includes(changed.id ?? "");
}
