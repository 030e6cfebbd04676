/// What the report page's browser does: a part of the timeline is chosen with a pointer.
enum ReportScript {
  static let text = #"""
    "use strict";
    (() => {
      const plot = document.querySelector("#timeline svg.plot[data-from]");
      if (!plot || !plot.setPointerCapture) return;
      const [from, to] = [Date.parse(plot.dataset.from), Date.parse(plot.dataset.to)];
      const brush = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      brush.setAttribute("class", "brush");
      brush.setAttribute("y", "10");
      brush.setAttribute("height", "166");
      let began = null;
      const share = (event) => {
        const box = plot.getBoundingClientRect();
        return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      };
      const end = () => {
        began = null;
        brush.remove();
      };
      plot.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        began = share(event);
        plot.setPointerCapture(event.pointerId);
        brush.setAttribute("width", "0");
        plot.append(brush);
      });
      plot.addEventListener("pointermove", (event) => {
        if (began === null) return;
        const [low, high] = [Math.min(began, share(event)), Math.max(began, share(event))];
        brush.setAttribute("x", `${low * 100}%`);
        brush.setAttribute("width", `${(high - low) * 100}%`);
      });
      plot.addEventListener("pointercancel", end);
      plot.addEventListener("pointerup", (event) => {
        if (began === null) return;
        const [low, high] = [Math.min(began, share(event)), Math.max(began, share(event))];
        end();
        // A press without a way is no choice; below 100 ms there is nothing finer.
        if (high - low < 0.01) return;
        const at = (part) => new Date(from + (to - from) * part).toISOString();
        const url = new URL(location.href);
        url.searchParams.set("from", at(low));
        url.searchParams.set("to", at(high));
        url.hash = "timeline";
        location.assign(url);
      });
    })();

    """#
}
