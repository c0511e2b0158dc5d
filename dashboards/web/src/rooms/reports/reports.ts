import type { Schemas } from "@/api/client";
import type { TextKey } from "@/texts";

export type Report = Schemas["ScheduledReportShape"];
export type Delivery = Schemas["ReportDeliveryShape"];
export type Kind = Schemas["ReportKindShape"];
export type By = Kind["by"][number];
type Body = Schemas["ScheduledReportBody"];

/** The fields of the form; addresses are one text. */
export interface Fields {
  name: string;
  every: Report["every"];
  time: string;
  kind: Kind["kind"];
  by: By | "";
  format: NonNullable<Body["format"]>;
  language: NonNullable<Body["language"]>;
  line: string;
  mail: string;
  folder: boolean;
}

export function fieldsOf(report: Report | undefined, language: Fields["language"]): Fields {
  return {
    name: report?.name ?? "",
    every: report?.every ?? "day",
    time: report?.time ?? "07:00",
    kind: report?.kind ?? "calls",
    by: report === undefined ? "" : (report.by ?? ""),
    format: report?.format ?? "xlsx",
    language: report?.language ?? language,
    line: report?.line ?? "",
    mail: (report?.mail_to ?? []).join("\n"),
    folder: report?.to_folder ?? true,
  };
}

/** The addresses in a text, however they are separated. */
export const addressesOf = (text: string): string[] => [...new Set(text.split(/[\s,;，；、]+/).filter(Boolean))];

/** The definition that the form describes; groups and lines that its kind lacks are left out. */
export function bodyOfFields(fields: Fields, kind: Kind | undefined): Body {
  const groups = kind?.by ?? [];
  const group = fields.by !== "" && groups.includes(fields.by) ? fields.by : (groups[0] ?? null);
  return {
    name: fields.name.trim(),
    every: fields.every,
    time: fields.time,
    kind: fields.kind,
    by: group,
    format: fields.format,
    language: fields.language,
    line: kind?.of_line === true && fields.line !== "" ? fields.line : null,
    mail_to: addressesOf(fields.mail),
    to_folder: fields.folder,
  };
}

/** Half hours of a month are too many for one report. */
export const everyOf = (by: By | ""): readonly Report["every"][] =>
  by === "half_hour" ? ["day", "week"] : ["day", "week", "month"];

export const FAILURES: readonly Delivery["state"][] = ["failed", "refused"];
export const TONES = {
  waiting: "off",
  sending: "calm",
  sent: "good",
  failed: "bad",
  refused: "bad",
} as const satisfies Record<Delivery["state"], string>;
export const MARKS = {
  waiting: "clock",
  sending: "up",
  sent: "check",
  failed: "alert",
  refused: "alert",
} as const satisfies Record<Delivery["state"], string>;

/** The worst of the newest deliveries; null where there is none. */
export function worstOf(deliveries: readonly Delivery[]): Delivery | null {
  const order: readonly Delivery["state"][] = ["refused", "failed", "sending", "waiting", "sent"];
  const rank = (delivery: Delivery): number => order.indexOf(delivery.state);
  return [...deliveries].sort((first, second) => rank(first) - rank(second))[0] ?? null;
}

/** Whether a delivery is on its way, so that its result comes soon. */
export const underWay = (reports: readonly Report[]): boolean =>
  reports.some((report) => report.last.some((each) => each.state === "waiting" || each.state === "sending"));

/** Why a delivery was not sent; null for one that was, or is on its way. */
export function faultOf(delivery: Delivery): TextKey | null {
  if (!FAILURES.includes(delivery.state)) return null;
  return delivery.fault == null ? "reports.fault.other" : `reports.fault.${delivery.fault}`;
}
