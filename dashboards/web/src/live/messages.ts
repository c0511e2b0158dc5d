import type { Schemas } from "@/api/client";

export type Call = Schemas["Live_call"];
export type Agent = Schemas["Live_agent"];
export type Queue = Schemas["Live_queue"];
export type Flag = Schemas["Live_flag"];
export type Failure = Schemas["Live_failure"];
export type Link = Schemas["Live_link"];
export type Duty = Schemas["Live_duty"];
export type Offer = Call["offers"][number];

export interface Deltas {
  call: Call;
  agent: Agent & { gone?: boolean };
  queue: Queue & { gone?: boolean };
  flag: Flag;
  failure: Failure;
  link: Link;
  duty: Duty;
  announcement: Schemas["Live_announcement"];
  callback: Schemas["Live_callback"];
  case: Schemas["Live_case"];
  recording: Schemas["Live_recording"];
  figures: Schemas["Live_figures"];
  supervision: Schemas["Live_supervision"];
  message: Schemas["Live_message"];
  raised_hand: Schemas["Live_raised_hand"];
}

export interface Snapshot {
  calls?: readonly Call[];
  agents?: readonly Agent[];
  queues?: readonly Queue[];
  flags?: readonly Flag[];
  failures?: readonly Schemas["Live_failure"][];
  duty?: Duty;
  link?: Link;
}

export type Message =
  | { type: "hello"; seq: number; epoch: string; time: string; resumed: boolean; build?: string | null }
  | { type: "snapshot"; seq: number; data: Snapshot; reason?: string }
  | { type: "delta"; seq: number; kind: string; data: unknown }
  | { type: "heartbeat"; seq: number; time: string };
