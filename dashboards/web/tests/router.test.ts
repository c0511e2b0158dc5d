import { createPinia, setActivePinia } from "pinia";
import { beforeEach, expect, it } from "vitest";

import { allows, homeOfSession, router } from "@/router";
import { useSession, type Role } from "@/session/store";

beforeEach(() => {
  setActivePinia(createPinia());
});

const ROLES: Role[] = ["agent", "assistant", "supervisor", "manager", "leader", "administrator", "wallboard"];

it.each(ROLES)("sends a %s to a page that they may open: to be sent on without end stops the browser", (role) => {
  const session = useSession();
  session.person = { roles: [role], agent: role === "agent" ? "1001" : null } as never;
  expect(allows(router.resolve(homeOfSession()).meta)).toBe(true);
});

it("sends the screen of a board to its wall", () => {
  const session = useSession();
  session.token = "cc_wall_x";
  expect(homeOfSession()).toBe("/wall");
  expect(allows(router.resolve("/wall").meta)).toBe(true);
  expect(allows(router.resolve("/floor").meta)).toBe(false);
});
