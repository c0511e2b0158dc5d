/** The service's refusal: a stable code for programs and a sentence in the reader's language. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
    this.name = "Refusal";
  }
}

/** The service did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("unreachable", { cause });
    this.name = "Unreachable";
  }
}

/** The refusal that an answer holds; a proxy's error page has no problem in it, its status says enough. */
export async function refusalOf(response: Response): Promise<Refusal> {
  let problem: { code?: unknown; detail?: unknown; title?: unknown } = {};
  try {
    const body: unknown = await response.clone().json();
    if (typeof body === "object" && body !== null) problem = body;
  } catch {
    problem = {};
  }
  const sentence = [problem.detail, problem.title].find((text) => typeof text === "string" && text !== "");
  return new Refusal(
    response.status,
    typeof problem.code === "string" ? problem.code : "",
    typeof sentence === "string" ? sentence : `HTTP ${String(response.status)}`,
  );
}
