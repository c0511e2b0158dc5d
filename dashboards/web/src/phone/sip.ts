import { UA, WebSocketInterface } from "jssip";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from "jssip/lib/UA";
import type { RTCSession } from "jssip/lib/RTCSession";

import { now } from "@/live/clock";

import type { Account, Line, Listener, Phone } from "./line";

/** The answer waits this long for addresses of this computer, in milliseconds: a dead network card never ends its search. */
const GATHERING = 500;
const RECONNECT = { connection_recovery_min_interval: 1, connection_recovery_max_interval: 8 };
/** Caller ids under which the centre calls a phone for its own agent (callcenter/calls/control, callcenter/calls/supervision). */
const OWN: Readonly<Record<string, Line["own"]>> = {
  "outgoing-call": "dialled",
  "return-call": "dialled",
  supervision: "dialled",
};
/** In the INVITE of a call that this phone lost with its page (callcenter/asterisk/render/kept.py). */
const KEPT_CALLER = "X-CC-Kept";

/** The secret of a page is valid for ten minutes at least; timers of a hidden page run once a minute at worst. */
const RENEW = 240_000;
const AGAIN = 5_000;

/** An address alone, or an object with the proof of a relay (W3C RTCIceServer). */
function iceServersOf(servers: readonly unknown[]): RTCIceServer[] {
  return servers.map((each) => (typeof each === "string" ? { urls: each } : (each as RTCIceServer)));
}

/** SIP over a WebSocket of this origin (RFC 7118), sound over DTLS-SRTP. The only file that knows JsSIP. */
export function sipPhone(account: Account, listener: Listener): Phone {
  const sessions = new Map<string, { session: RTCSession; line: Line }>();
  const place = new URL(account.ws, location.href);
  place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocketInterface(place.href);
  const agent = new UA({
    sockets: [socket],
    uri: account.uri,
    authorization_user: account.user,
    password: account.secret,
    register_expires: 60,
    session_timers: false,
    user_agent: "callcenter-page",
    ...RECONNECT,
  });

  let current = account;
  let timer: ReturnType<typeof setInterval> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  /** Take a new secret; while the service is away the old one stays, and the next look tries again. */
  async function renew(): Promise<void> {
    const next = await listener.renew().catch(() => null);
    if (next === null) return;
    current = next;
    agent.set("password", next.secret);
  }

  function show(): void {
    listener.lines([...sessions.values()].map((each) => each.line));
  }

  function become(id: string, state: Line["state"]): void {
    const known = sessions.get(id);
    if (known === undefined || known.line.state === state) return;
    known.line = { ...known.line, state };
    show();
  }

  function rings(session: RTCSession, invite: IncomingRTCSessionEvent["request"]): void {
    const { id } = session;
    const from = session.remote_identity;
    // A caller id that is no number becomes the name (Asterisk, ast_callerid_parse).
    const isKept = invite.hasHeader(KEPT_CALLER);
    const own = isKept ? "kept" : (OWN[from.uri.user] ?? OWN[from.display_name] ?? null);
    sessions.set(id, { session, line: { id, caller: from.uri.user, state: "ringing", since: now(), own } });
    const over = (): void => {
      sessions.delete(id);
      show();
    };
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams, track }) => {
        listener.sound(id, streams[0] ?? new MediaStream([track]));
      });
    });
    session.on("icecandidate", ({ ready }) => {
      setTimeout(ready, GATHERING);
    });
    session.on("confirmed", () => {
      become(id, "talking");
    });
    session.on("ended", over);
    session.on("failed", over);
    show();
  }

  agent.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
    // This phone is rung by the centre alone; it never dials by itself.
    if (event.originator === "remote") rings(event.session, event.request);
    else event.session.terminate();
  });
  agent.on("registered", () => {
    listener.reachable(true);
  });
  agent.on("unregistered", () => {
    listener.reachable(false);
  });
  agent.on("registrationFailed", () => {
    listener.reachable(false);
    // After a sleep of the computer the secret is too old.
    clearTimeout(again);
    again = setTimeout(() => {
      void renew().then(() => {
        if (agent.isConnected() && !agent.isRegistered()) agent.register();
      });
    }, AGAIN);
  });
  agent.on("disconnected", () => {
    listener.reachable(false);
  });

  return {
    start: () => {
      agent.start();
      timer = setInterval(() => void renew(), RENEW);
    },
    stop: () => {
      clearInterval(timer);
      clearTimeout(again);
      agent.stop();
    },
    vanish: () => {
      // Without the socket no BYE leaves this window, so the centre keeps the caller for the window that comes after.
      socket.disconnect();
      for (const { session } of sessions.values()) session.connection?.close();
      agent.stop();
    },
    answer: (id, microphone) => {
      const session = sessions.get(id)?.session;
      if (session === undefined || !session.isInProgress()) return;
      become(id, "answering");
      session.answer({
        mediaStream: microphone,
        pcConfig: {
          iceServers: iceServersOf([...current.ice_servers, ...(current.turn === null ? [] : [current.turn])]),
        },
      });
    },
    hangUp: (id) => {
      const session = sessions.get(id)?.session;
      if (session !== undefined && !session.isEnded()) session.terminate();
    },
    press: (id, keys) => {
      sessions.get(id)?.session.sendDTMF(keys, { duration: 120, interToneGap: 120 });
    },
    speakThrough: async (id, track) => {
      const session = sessions.get(id)?.session;
      if (!session?.isEstablished()) return;
      const sender = session.connection.getSenders().find((each) => each.track?.kind === "audio");
      await sender?.replaceTrack(track);
    },
    statistics: async (id) => {
      const session = sessions.get(id)?.session;
      return session?.isEstablished() ? await session.connection.getStats() : null;
    },
  };
}
