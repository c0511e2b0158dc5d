/** The agents whom a leader may let go without a relief (H1): who is signed in, and never themselves. */
export function mayLetGo<Agent extends { number: string; state: string }>(
  agents: Iterable<Agent>,
  me: string | null,
): Agent[] {
  return [...agents].filter((agent) => agent.state !== "signed_out" && agent.number !== me);
}
