/// How a browser checks a lottery from what is published of it alone, as docs/shaping.md says it is drawn.
enum DrawScript {
  static let text = #"""
    "use strict";
    window.penstockDraw = (() => {
      const utf8 = new TextEncoder();
      const join = (parts) => {
        const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
        let at = 0;
        for (const part of parts) { bytes.set(part, at); at += part.length; }
        return bytes;
      };
      const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const number = (value, size) => {
        const bytes = new Uint8Array(size);
        let rest = BigInt.asUintN(size * 8, BigInt(value));
        for (let at = size - 1; at >= 0; at -= 1) { bytes[at] = Number(rest & 255n); rest >>= 8n; }
        return bytes;
      };
      const bytes = (hex) => Uint8Array.from((hex || "").match(/../g) || [], (pair) => parseInt(pair, 16));
      const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      // A hash of a domain and of parts, each behind its length.
      const hash = (domain, ...parts) =>
        sha256(join([
          utf8.encode(domain), new Uint8Array(1), ...parts.flatMap((part) => [number(part.length, 4), part]),
        ]));

      const beacon = (rule) =>
        hash("penstock draw beacon", ...["name", "url", "genesis", "period_seconds", "known_at"]
          .map((field) => utf8.encode(String(rule[field] ?? ""))));

      const root = async (leaves) => {
        const stack = [];
        for (const leaf of leaves) {
          stack.push({ size: 1, hash: await sha256(join([Uint8Array.of(0), leaf])) });
          while (stack.length > 1 && stack.at(-1).size === stack.at(-2).size) {
            const [right, left] = [stack.pop(), stack.pop()];
            stack.push({ size: left.size * 2, hash: await sha256(join([Uint8Array.of(1), left.hash, right.hash])) });
          }
        }
        if (stack.length === 0) return sha256(new Uint8Array());
        let top = stack.pop().hash;
        while (stack.length > 0) top = await sha256(join([Uint8Array.of(1), stack.pop().hash, top]));
        return top;
      };

      const less = (a, b) => {
        for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return a[at] - b[at];
        return 0;
      };

      // What was checked by the name of its words, each with whether it holds, and the buyer's place in the order.
      const verify = async (report, buyer) => {
        const checks = [];
        const check = (holds, name) => checks.push({ holds, name });
        const secret = bytes(report.secret);
        const { fallback } = report;
        const named = [await beacon(report.instead_of || report.beacon)];
        if (fallback) named.push(utf8.encode(String(fallback.after_seconds)), await beacon(fallback.beacon));
        check(hex(await hash("penstock draw secret", secret, ...named)) === report.commitment, "secretHolds");
        const leaves = report.entries.map((entry) => join([number(entry.offset, 8), bytes(entry.buyer)]));
        const top = await root([utf8.encode(report.closed_at), ...leaves]);
        check(hex(top) === report.root, "entriesHold");
        const seed = await hash("penstock draw seed", secret, number(report.last_offset, 8), top,
          utf8.encode(report.beacon.value || ""));
        check(hex(seed) === report.seed, "seedHolds");
        const lots = await Promise.all(leaves.map((leaf) => hash("penstock draw lot", seed, leaf)));
        const order = lots.map((_, index) => index).sort((a, b) => less(lots[a], lots[b]) || a - b);
        check(JSON.stringify(order) === JSON.stringify(report.order), "orderHolds");
        const mine = hex(await hash("penstock draw buyer", number(report.number, 4), utf8.encode(buyer)));
        const entry = report.entries.findIndex((entry) => entry.buyer === mine);
        check(entry >= 0, entry >= 0 ? "among" : "notAmong");
        return { checks, rank: entry < 0 ? null : order.indexOf(entry) + 1, of: order.length };
      };
      return { verify };
    })();

    """#
}
