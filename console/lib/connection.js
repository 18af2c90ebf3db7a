// Whether the shop answers. While it is away a banner says so, and it is asked now and then whether it is back; then "back" fires.
const RETRY_MS = 3000;

export class Connection extends EventTarget {
  constructor(banner) {
    super();
    this.banner = banner;
    addEventListener("online", () => this.#knock());
    addEventListener("offline", () => this.reachable(false));
  }

  // What the last request said.
  reachable(yes) {
    if (yes === this.banner.hidden) return;
    this.banner.hidden = yes;
    clearInterval(this.knocking);
    if (!yes) this.knocking = setInterval(() => this.#knock(), RETRY_MS);
  }

  async #knock() {
    try {
      const answer = await fetch("/readyz", { cache: "no-store" });
      if (!answer.ok) return;
    } catch {
      return;
    }
    this.reachable(true);
    this.dispatchEvent(new Event("back"));
  }
}
