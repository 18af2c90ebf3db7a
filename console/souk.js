// A small client of the Souk HTTP API, for any storefront: `import { Souk } from "/souk.js"`.
//
//   const souk = new Souk({ session: Souk.newSession() });
//   const { items, total } = await souk.search({ query: "kettle", facets: ["brand"] });
//   souk.track("click", { item: items[0].key, shelf: "search", position: 1, request });
//
// Requests carry the session and, when one is known, the shopper. A shop with API keys is asked with one of scope `search`, which may stand
// in a page; for a shopper it needs a token of the shop's backend besides (docs/how-to/secure-a-server.md). Events get an id here, so that sending them again after a lost
// connection counts them once. Impressions wait and travel together; whatever is left goes out when the page is hidden.

const IMPRESSION_DELAY_MS = 2000;
const MOST_EVENTS_A_REQUEST = 500;
const MOST_WAITING = 5000; // beyond this the oldest are let go: a page must not grow without end while the shop is away

function randomHex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What went wrong with a request. `status` is 0 when the server could not be reached; `problem` is its RFC 9457 answer, when it gave one.
export class SoukError extends Error {
  constructor(message, status, problem) {
    super(message);
    this.name = "SoukError";
    this.status = status;
    this.problem = problem;
  }

  get unreachable() {
    return this.status === 0;
  }
}

export class Souk {
  // `base`: the server's address, by default the page's own. `session`: 128 random bits as hex, kept by the page. `shopper`: a key, or "";
  // `shopperToken`: vouches for it. `key`: an API key, or "".
  constructor({ base = "", session = Souk.newSession(), shopper = "", shopperToken = "", key = "" } = {}) {
    this.base = base.replace(/\/$/, "");
    this.session = session;
    this.shopper = shopper;
    this.shopperToken = shopperToken;
    this.key = key;
    this.waiting = [];
    this.timer = 0;
    addEventListener("pagehide", () => this.#beacon());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#beacon());
  }

  static newSession() {
    return randomHex(16);
  }

  static newId() {
    return randomHex(16);
  }

  // One search: the body of POST /v1/search. `signal` aborts it.
  search(request, { signal } = {}) {
    return this.#call("POST", "/v1/search", { ...this.#who(), ...request }, signal);
  }

  // Several searches in one round trip; answers and problems in the same order.
  async searchAll(requests, { signal } = {}) {
    const searches = requests.map((request) => ({ ...this.#who(), ...request }));
    return (await this.#call("POST", "/v1/search", { searches }, signal)).results;
  }

  // One shelf: the body of POST /v1/shelves/{name}.
  shelf(name, request = {}, { signal } = {}) {
    return this.#call("POST", `/v1/shelves/${encodeURIComponent(name)}`, { ...this.#who(), ...request }, signal);
  }

  async suggest(text, k = 8, { signal } = {}) {
    return (await this.#call("GET", `/v1/suggest?q=${encodeURIComponent(text)}&k=${k}`, undefined, signal)).suggestions;
  }

  item(key, { signal } = {}) {
    return this.#call("GET", `/v1/items/${encodeURIComponent(key)}`, undefined, signal);
  }

  // Name, language, currency and time zone of the shop.
  shop({ signal } = {}) {
    return this.#call("GET", "/v1/config/shop", undefined, signal);
  }

  // Recorded runs without their slices: {folder, exists, complete, runs, broken}.
  runs({ signal } = {}) {
    return this.#call("GET", "/v1/lab/runs", undefined, signal);
  }

  // One recorded run, whole; `name` as runs() lists it.
  run(name, { signal } = {}) {
    return this.#call("GET", `/v1/lab/runs/${name.split("/").map(encodeURIComponent).join("/")}`, undefined, signal);
  }

  // Kept evaluations of shops: {folder, exists, complete, shops, broken}.
  shopReports({ signal } = {}) {
    return this.#call("GET", "/v1/lab/shops", undefined, signal);
  }

  // Notes an event; it is sent soon. `fields`: item, shelf, position (from 1), request, query, quantity, value, order, ...
  track(kind, fields = {}) {
    this.waiting.push(this.#event(kind, fields));
    if (this.waiting.length > MOST_WAITING) this.waiting.splice(0, this.waiting.length - MOST_WAITING);
    if (kind !== "impression") {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush().catch(() => {}), 0);
    } else if (!this.timer) {
      this.timer = setTimeout(() => this.flush().catch(() => {}), IMPRESSION_DELAY_MS);
    }
  }

  // Sends events and waits until they are kept: for what must not be lost, such as an order. `events`: [{kind, ...fields}].
  async send(events) {
    await this.flush();
    const whole = events.map(({ kind, ...fields }) => this.#event(kind, fields));
    return this.#call("POST", "/v1/events", whole);
  }

  // Sends what waits. Events that could not be delivered wait for the next time; those that the server refuses are let go.
  async flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_EVENTS_A_REQUEST);
      try {
        await this.#call("POST", "/v1/events", batch);
      } catch (error) {
        if (error.status === 0 || error.status === 429 || error.status >= 500) this.waiting.unshift(...batch);
        throw error;
      }
    }
  }

  #who() {
    return this.shopper ? { shopper: this.shopper, session: this.session } : { session: this.session };
  }

  #event(kind, fields) {
    const event = { id: Souk.newId(), kind, ...this.#who() };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined && value !== null && value !== "") event[name] = value;
    }
    return event;
  }

  #beacon() {
    clearTimeout(this.timer);
    this.timer = 0;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, 100); // browsers refuse beacons above 64 KiB
      if (!this.#sendBeacon(batch)) {
        this.waiting.unshift(...batch);
        return;
      }
    }
  }

  // A beacon has no headers: what it needs stands in its address and body. An address is no place for a key that may more than search.
  #sendBeacon(batch) {
    if (this.key && !this.key.startsWith("souk_s_")) {
      fetch(`${this.base}/v1/events`, { method: "POST", keepalive: true, headers: this.#headers(true), body: JSON.stringify(batch) }).catch(() => {});
      return true;
    }
    const events = this.shopperToken ? batch.map((event) => ({ ...event, shopper_token: this.shopperToken })) : batch;
    const query = this.key ? `?key=${encodeURIComponent(this.key)}` : "";
    return navigator.sendBeacon(`${this.base}/v1/events${query}`, new Blob([JSON.stringify(events)], { type: "text/plain" }));
  }

  #headers(hasBody) {
    const headers = hasBody ? { "Content-Type": "application/json" } : {};
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (this.shopperToken) headers["Souk-Shopper-Token"] = this.shopperToken;
    return headers;
  }

  async #call(method, path, body, signal) {
    let response;
    try {
      response = await fetch(this.base + path, {
        method,
        signal,
        headers: this.#headers(body !== undefined),
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new SoukError("The shop cannot be reached.", 0);
    }
    const answer = await response.json().catch((error) => {
      if (error.name === "AbortError") throw error;
      return undefined;
    });
    if (response.ok && answer !== undefined) return answer;
    const detail = answer?.detail ?? `The shop answered with status ${response.status}.`;
    throw new SoukError(detail, response.status, answer);
  }
}
