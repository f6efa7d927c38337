/* One stream per browser. The tab that holds the lock reads it and tells the others; a browser opens six connections to
   a host at most, and eight tabs with a stream each would wait for one another. Where a tab hears nothing, it asks. */

import { hasToken, headers } from "./api.js";

const LOCK = "double-wings-stream", SILENT_MS = 12000, BEAT_MS = 4000, POLL_MS = 5000, RETRY_MS = 2000, SLOW_MS = 60000,
  MUTE_MS = 35000; /* the service says something at least every 15 s */

let channel = null, heard = 0, told = "", listener = null, stopped = null, state = "";

/** Call `moved` when the numbers moved, and `shows` with `live`, `polling` or `lost`. */
export function listen(moved, shows) {
  stop();
  stopped = new AbortController();
  const { signal } = stopped;
  listener = { moved, shows };
  heard = 0;
  channel = new BroadcastChannel(LOCK);
  channel.onmessage = ({ data }) => hear(data);
  channel.postMessage({ ask: true });
  const timers = [setInterval(poll, POLL_MS), setInterval(() => moved(), SLOW_MS)];
  signal.addEventListener("abort", () => timers.forEach(clearInterval));
  if (navigator.locks) navigator.locks.request(LOCK, { signal }, () => lead(signal)).catch(() => {});
}

export function stop() {
  stopped?.abort();
  channel?.close();
  stopped = channel = listener = null;
  state = "";
}

function show(now) {
  if (now !== state) listener?.shows(state = now);
}

function hear(message) {
  if (message.ask) return;
  heard = Date.now();
  show("live");
  if (message.id && message.id !== told) {
    told = message.id;
    listener?.moved();
  }
}

function poll() {
  if (Date.now() - heard < SILENT_MS || !listener) return;
  show("polling");
  listener.moved();
}

function tell(id) {
  channel?.postMessage({ id });
  hear({ id });
}

async function lead(signal) {
  let id = "";
  channel.onmessage = ({ data }) => data.ask && channel?.postMessage({ id });
  while (!signal.aborted && hasToken()) {
    const connection = new AbortController(), end = () => connection.abort();
    signal.addEventListener("abort", end);
    let read = Date.now(), beat = 0;
    try {
      const resumed = id ? { ...headers(), "Last-Event-ID": id } : headers();
      const answer = await fetch("/v1/stream", { headers: resumed, signal: connection.signal });
      if (!answer.ok) throw new Error(answer.status);
      tell(id);
      beat = setInterval(() => (Date.now() - read < MUTE_MS ? tell(id) : end()), BEAT_MS);
      await follow(answer.body, () => { read = Date.now(); }, found => tell(id = found));
    } catch {
      if (signal.aborted) return;
    } finally {
      clearInterval(beat);
      signal.removeEventListener("abort", end);
    }
    await new Promise(done => setTimeout(done, RETRY_MS));
  }
}

/** Read a stream to its end: whatever came, and the ids of its events. */
async function follow(body, came, found) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    came();
    const lines = (left + value).split("\n");
    left = lines.pop();
    for (const line of lines) if (line.startsWith("id:")) found(line.slice(3).trim());
  }
}
