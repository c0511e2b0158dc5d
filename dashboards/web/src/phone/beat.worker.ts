/** The clock of a hidden window: its own timers run once a minute, those of a worker do not sleep. */
const BEAT = 5000;
setInterval(() => {
  postMessage(null);
}, BEAT);
