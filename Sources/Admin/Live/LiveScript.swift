/// What the live page's browser does: it puts parts where they belong, counts down by the server's time, and says when
/// it hears nothing.
enum LiveScript {
  static let text = #"""
    "use strict";
    (() => {
      const root = document.querySelector("[data-live]");
      if (!root || !window.EventSource) return;
      const stale = root.querySelector(".stale");
      let offset = 0; // of the server's clock, against performance.now()
      let heard = performance.now();
      let known = false;

      const place = (name, html) => {
        const part = root.querySelector(`[data-part="${name}"]`);
        if (!part) return;
        const open = [...part.querySelectorAll("details")].map((details) => details.open);
        const scrolled = [...part.querySelectorAll(".scroll")].map((box) => box.scrollTop);
        const focused = [...part.querySelectorAll("summary, .scroll")].indexOf(document.activeElement);
        part.innerHTML = html;
        part.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
        part.querySelectorAll(".scroll").forEach((box, index) => { box.scrollTop = scrolled[index] ?? 0; });
        if (focused >= 0) part.querySelectorAll("summary, .scroll")[focused]?.focus({ preventScroll: true });
      };

      const two = (number) => String(number).padStart(2, "0");
      const clock = (milliseconds) => {
        const seconds = Math.ceil(Math.max(0, milliseconds) / 1000);
        const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
        const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
        const time = `${two(hours)}:${two(minutes)}:${two(rest)}`;
        if (days > 0) return root.dataset.days.replace("{1}", days).replace("{2}", time);
        return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
      };

      const tick = () => {
        const now = performance.now();
        const silent = now - heard;
        stale.hidden = silent < 5000;
        if (!stale.hidden) {
          stale.textContent = root.dataset.silent.replace("{1}", Math.floor(silent / 1000));
        }
        const timer = root.querySelector("[data-until]");
        if (timer && known) {
          const text = clock(Number(timer.dataset.until) - (now + offset));
          if (timer.textContent !== text) timer.textContent = text;
        }
      };
      setInterval(tick, 250);

      // Whoever is no longer signed in is led to the sign-in, by the page itself.
      const again = async () => {
        const answer = await fetch(root.dataset.live, { method: "HEAD", redirect: "manual" }).catch(() => null);
        if (answer?.type === "opaqueredirect") location.reload(); else listen();
      };

      const listen = () => {
        const source = new EventSource(root.dataset.live);
        source.addEventListener("parts", (event) => {
          const { now, parts } = JSON.parse(event.data);
          heard = performance.now();
          offset = now - heard;
          known = true;
          for (const [name, html] of Object.entries(parts)) place(name, html);
          tick();
        });
        source.onerror = () => {
          // The browser comes back by itself after a broken stream, and not after a refusal.
          if (source.readyState !== EventSource.CLOSED) return;
          setTimeout(again, 3000 + Math.random() * 7000);
        };
      };
      listen();
    })();

    """#
}
