import type { Schemas } from "@/api/client";
import { useTexts } from "@/texts";
import { dayAndClock } from "@/texts/times";

const { known, language } = useTexts();

/** A limit of an agent's hours that would be broken: a week is named by its first day, a rest by when it ends. */
export function strainText(strain: Schemas["StrainShape"], nameOf: (number: string) => string): string {
  const day = new Date(strain.at).toLocaleDateString(language.value, { month: "2-digit", day: "2-digit" });
  return known(`strain.${strain.rule}`, "strain.other", {
    name: nameOf(strain.agent),
    hours: strain.hours,
    when: strain.rule === "long_week" ? day : dayAndClock(strain.at),
  });
}
