import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

import { useSession, type Role } from "@/session/store";
import type { TextKey } from "@/texts";
import type { IconName } from "@/ui/icons";

export const LEADERS: readonly Role[] = ["supervisor", "manager", "leader", "administrator"];
/** Who closes a month of the ledger for the payroll (D7). */
export const MANAGERS: readonly Role[] = ["manager", "leader", "administrator"];
/** Who drafts the roster (D1): leaders and the team assistant, who publishes nothing. */
export const PLANNERS: readonly Role[] = [...LEADERS, "assistant"];

declare module "vue-router" {
  interface RouteMeta {
    title: TextKey;
    /** Who may open it; a page without roles is for everyone, also before the sign-in. */
    roles?: readonly Role[];
    /** Whether a person with an agent number may open it, whatever their roles. */
    agents?: boolean;
    /** Whether a screen with a token may open it. */
    screens?: boolean;
    icon?: IconName;
    /** Without the rail and the bar. */
    bare?: boolean;
    /** As high as the window: its parts scroll, the page does not. */
    whole?: boolean;
  }
}

export const ROUTES: RouteRecordRaw[] = [
  {
    path: "/login",
    component: () => import("@/rooms/login/LoginPage.vue"),
    meta: { title: "login.title", bare: true },
  },
  {
    path: "/desk",
    component: () => import("@/rooms/desk/DeskPage.vue"),
    meta: { title: "nav.desk", roles: ["agent"], agents: true, icon: "headset", whole: true },
  },
  {
    path: "/desk/record/:call",
    component: () => import("@/rooms/desk/RecordPage.vue"),
    meta: { title: "nav.record", roles: ["agent", ...LEADERS], agents: true },
  },
  {
    path: "/desk/callback/:id",
    component: () => import("@/rooms/callback/CallbackPage.vue"),
    meta: { title: "nav.callback", roles: ["agent", ...LEADERS], agents: true },
  },
  {
    path: "/start",
    component: () => import("@/rooms/start/StartPage.vue"),
    meta: { title: "nav.start", roles: ["agent"], agents: true, icon: "power" },
  },
  {
    path: "/floor",
    component: () => import("@/rooms/floor/FloorPage.vue"),
    meta: { title: "nav.floor", roles: LEADERS, icon: "floor" },
  },
  {
    path: "/floor/boards",
    component: () => import("@/rooms/boards/BoardsPage.vue"),
    meta: { title: "nav.boards", roles: LEADERS },
  },
  {
    path: "/floor/attendance",
    component: () => import("@/rooms/attendance/AttendancePage.vue"),
    meta: { title: "nav.attendance", roles: LEADERS, icon: "clock" },
  },
  {
    path: "/floor/agent/:number",
    component: () => import("@/rooms/agent/AgentPage.vue"),
    meta: { title: "nav.agent", roles: LEADERS },
  },
  {
    path: "/day",
    component: () => import("@/rooms/day/DayPage.vue"),
    meta: { title: "nav.day", roles: ["agent"], agents: true, icon: "pen" },
  },
  {
    path: "/roster",
    component: () => import("@/rooms/roster/RosterPage.vue"),
    meta: { title: "nav.roster", roles: ["agent", ...PLANNERS], agents: true, icon: "calendar" },
  },
  {
    path: "/roster/plan/:id",
    component: () => import("@/rooms/plan/PlanPage.vue"),
    meta: { title: "nav.plan", roles: PLANNERS },
  },
  {
    path: "/handover",
    component: () => import("@/rooms/handover/HandoverPage.vue"),
    meta: { title: "nav.handover", roles: ["agent", ...LEADERS], agents: true, icon: "relief" },
  },
  {
    path: "/ledger",
    component: () => import("@/rooms/ledger/LedgerPage.vue"),
    meta: { title: "nav.ledger", roles: ["agent", ...LEADERS], agents: true, icon: "flag" },
  },
  {
    path: "/reports",
    component: () => import("@/rooms/reports/ReportsPage.vue"),
    meta: { title: "nav.reports", roles: LEADERS, icon: "chart" },
  },
  {
    path: "/me",
    component: () => import("@/rooms/me/MePage.vue"),
    meta: { title: "nav.me", roles: ["agent", ...PLANNERS], icon: "person" },
  },
  {
    path: "/wall/:board?",
    component: () => import("@/rooms/wall/WallPage.vue"),
    props: true,
    meta: { title: "nav.wall", roles: LEADERS, screens: true, bare: true },
  },
];

/** Whether this user may open the page. */
export function allows(meta: { roles?: readonly Role[]; agents?: boolean; screens?: boolean }): boolean {
  const session = useSession();
  if (meta.roles === undefined) return true;
  if (session.token !== "") return meta.screens === true;
  return session.has(meta.roles) || (meta.agents === true && session.agent !== null);
}

/** A page that is not there, for those who have no page: it needs no right. */
const NOWHERE = "/nowhere";

/** Where a person starts: an agent at the desk, leaders on the floor, the assistant at the roster, a screen on its wall. */
export function homeOfSession(): string {
  const session = useSession();
  if (session.token !== "") return "/wall";
  if (session.agent !== null) return "/desk";
  if (session.has(LEADERS)) return "/floor";
  return session.has(PLANNERS) ? "/roster" : NOWHERE;
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...ROUTES,
    { path: "/:rest(.*)*", component: () => import("@/shell/UnknownPage.vue"), meta: { title: "nav.unknown" } },
  ],
});

router.beforeEach(async (to) => {
  const session = useSession();
  // A screen's token has been taken from the address and leaves it.
  if (to.hash.startsWith("#token=")) return { path: to.path, query: to.query, replace: true };
  if (to.meta.roles === undefined) return true;
  if (session.person === null && session.token === "") {
    const opened = await session.resume();
    if (opened === null || opened.must_change_password || opened.must_enrol_totp) {
      return { path: "/login", query: { next: to.fullPath } };
    }
  }
  return allows(to.meta) ? true : homeOfSession();
});
