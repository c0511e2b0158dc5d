const NAMES = ["Edg", "OPR", "Firefox", "Chrome", "HeadlessChrome", "Safari"] as const;
const SYSTEMS = ["Windows", "Android", "iPhone", "Mac OS X", "Linux"] as const;

/** A browser's long description of itself in two words; what is not known stays as it came, cut short. */
export function browserOf(agent: string): string {
  const name = NAMES.find((each) => agent.includes(`${each}/`));
  if (name === undefined) return agent.slice(0, 40) || "–";
  const version = /^\d+/.exec(agent.slice(agent.indexOf(`${name}/`) + name.length + 1))?.[0] ?? "";
  const system = SYSTEMS.find((each) => agent.includes(each)) ?? "";
  return `${name.replace("Edg", "Edge").replace("OPR", "Opera")} ${version} · ${system}`.replace(/[ ·]+$/, "");
}
