/// What the buyer's page does: it is a client of this API, as a shop's own page is.
enum DemoScript {
  static let text = #"""
    "use strict";
    (() => {
      const $ = (id) => document.getElementById(id);
      const table = JSON.parse($("words-table").textContent);
      // In this page's language; {1} and {2} stand for values.
      const text = (name, ...values) =>
        (table[name] ?? name).replace(/\{(\d)\}/g, (_, place) => values[place - 1] ?? "");
      const say = (words) => { $("news").textContent = words; };
      const random = () => Math.random().toString(36).slice(2, 8);
      let sale = null;
      let offset = 0; // of the server's clock, against performance.now()
      let token = null; // of the waiting room
      let order = null; // { id, ticket, first, status, … }
      let generation = 0; // a buyer or a sale that was left is not listened to any more
      let warned = null;
      let roomless = null; // the sale that has no room

      const now = () => performance.now() + offset;
      const two = (number) => String(number).padStart(2, "0");
      const clock = (milliseconds) => {
        const seconds = Math.ceil(Math.max(0, milliseconds) / 1000);
        const hours = Math.floor(seconds / 3600);
        const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
        return hours > 0 ? `${hours}:${rest}` : rest;
      };
      const money = (minor, currency) => {
        const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
        return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
      };
      const show = (id, isShown) => { $(id).hidden = !isShown; };
      const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

      const call = async (method, path, body, headers = {}) => {
        const answer = await fetch(path, {
          method,
          headers: {
            "X-Buyer-Id": $("buyer").value, ...(body ? { "Content-Type": "application/json" } : {}), ...headers,
          },
          body: body ? JSON.stringify(body) : undefined,
        });
        const json = await answer.json().catch(() => ({}));
        return { status: answer.status, ok: answer.ok, json };
      };
      // Why it was refused, in this page's language; the API's own words are English.
      const told = ({ status, json }) => {
        if (json.code in table) return text("reason", text(json.code));
        const words = document.documentElement.lang === "en" ? json.detail || json.title : null;
        return words || text("answerWas", json.code || status);
      };

      // --- The sale ---

      const look = async () => {
        const id = $("sale").value;
        if (!id) return;
        const mine = generation;
        const answer = await call("GET", `/v1/sales/${encodeURIComponent(id)}`);
        if (!answer.ok || mine !== generation) return;
        sale = answer.json;
        offset = Date.parse(sale.server_time) - performance.now();
        $("name").textContent = sale.name;
        drawItems();
      };

      const drawItems = () => {
        const list = $("items");
        if (list.children.length !== sale.items.length || list.dataset.sale !== sale.id) {
          list.dataset.sale = sale.id;
          list.replaceChildren(...sale.items.map((item) => {
            const line = document.createElement("li");
            const words = document.createElement("span");
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = text("buy");
            button.setAttribute("aria-label", text("buySKU", item.sku));
            button.addEventListener("click", () => buy(item.sku));
            line.append(words, button);
            return line;
          }));
        }
        sale.items.forEach((item, index) => {
          const [words, button] = list.children[index].children;
          const price = money(item.price_minor, item.currency);
          words.textContent = text("item", item.sku, price, item.left, item.stock);
          button.disabled = sale.status !== "open" || (!$("room").hidden && !token);
        });
      };

      const countDown = () => {
        if (sale) {
          const [start, end] = [Date.parse(sale.starts_at), Date.parse(sale.ends_at)];
          const byClock = now() < start ? "upcoming" : now() < end ? "open" : "ended";
          const status = sale.status === "closed" ? "closed" : byClock;
          if (status !== sale.status) {
            sale.status = status;
            say(text(status === "open" ? "isOpen" : "isOver"));
            drawItems();
          }
          $("clock-words").textContent = text({ upcoming: "opensIn", open: "endsIn" }[status] || "isOver");
          const next = { upcoming: start, open: end }[status];
          $("clock").textContent = next ? clock(next - now()) : "";
        }
        holdClock();
      };

      // --- The waiting room ---

      const room = async () => {
        if (!sale || roomless === sale.id) return;
        const mine = generation;
        const answer = await call("GET", `/v1/sales/${sale.id}/room`);
        if (mine !== generation) return;
        if (answer.json.code === "room_not_found") {
          [roomless, token] = [sale.id, null];
          show("room", false);
          drawItems();
          return;
        }
        show("room", true);
        if (answer.json.code === "place_not_found") { tellRoom(null); return; }
        if (answer.ok) tellRoom(answer.json);
      };

      const tellRoom = (place) => {
        const before = token;
        token = place?.token ?? null;
        const parts = [];
        if (!place) parts.push(text("invitation"));
        else if (place.status === "waiting" && place.position === 0) parts.push(text("youAreNext"));
        else if (place.status === "waiting") parts.push(text("beforeYou", place.position));
        else parts.push(text(place.status));
        if (place?.eta_ms) parts.push(text("about", clock(place.eta_ms)));
        if (place?.waits_for_beacon) parts.push(text("waitsFor", place.waits_for_beacon));
        if (place?.is_paused) parts.push(text("paused"));
        if (place?.sold_out) parts.push(text("soldOut"));
        if (place?.all_held) parts.push(text("areHeld"));
        $("room-words").textContent = parts.join(" ");
        const isIn = ["entered", "waiting", "admitted"].includes(place?.status);
        show("join", !isIn && place?.status !== "revoked");
        show("leave", isIn);
        show("verify", Boolean(place) && place.status !== "entered");
        if (token && !before) say(text("yourTurn"));
        if (sale) drawItems();
      };

      const stepRoom = async (method) => {
        const answer = await call(method, `/v1/sales/${sale.id}/room`);
        if (answer.ok) tellRoom(answer.json); else say(told(answer));
      };

      const verify = async () => {
        const answer = await call("GET", `/v1/sales/${sale.id}/draw`);
        if (!answer.ok || !answer.json.order) {
          say(answer.ok ? text("notDrawn") : told(answer));
          return;
        }
        const result = await window.penstockDraw.verify(answer.json, $("buyer").value);
        $("verdict").replaceChildren(...result.checks.map((check) => {
          const line = document.createElement("li");
          line.className = check.holds ? "good" : "bad";
          line.textContent = `${check.holds ? "✓" : "✗"} ${text(check.name)}`;
          return line;
        }));
        const holds = result.checks.every((check) => check.holds);
        const rank = result.rank ? ` ${text("rank", result.rank, result.of)}` : "";
        say(text(holds ? "drawHolds" : "drawFails") + rank);
      };

      // --- The order ---

      const buy = async (sku) => {
        const headers = { "Idempotency-Key": `demo-${random()}${random()}` };
        if (token) headers["X-Room-Token"] = token;
        // A lost answer is asked for again, with the same key: it is the same order.
        for (let attempt = 0; attempt < 5; attempt += 1) {
          let answer;
          try {
            answer = await call("POST", `/v1/sales/${sale.id}/orders`, { sku, quantity: 1 }, headers);
          } catch {
            answer = { ok: false, status: 503, json: { code: "outcome_unknown" } };
          }
          if (answer.ok) { begin(answer.json); return; }
          if (answer.status !== 503) { say(told(answer)); $("urgent").textContent = ""; return; }
          say(text("unknownYet"));
          await pause(500 + Math.random() * 1500);
        }
        say(text("notPlaced"));
      };

      const begin = (placed) => {
        order = { id: placed.order_id, ticket: placed.ticket, first: placed.position ?? 0, status: "queued" };
        $("number").textContent = order.id;
        show("order", true);
        tell({ status: placed.status || "queued", ...placed });
        $("order").scrollIntoView({ block: "nearest" });
        listen(order, generation);
      };

      // The order's events, with the header that says who asks.
      const listen = async (mine, since) => {
        let last = null;
        while (mine === order && since === generation) {
          try {
            const answer = await fetch(`/v1/orders/${mine.id}/events?ticket=${encodeURIComponent(mine.ticket || "")}`, {
              headers: { "X-Buyer-Id": $("buyer").value, ...(last ? { "Last-Event-ID": last } : {}) },
            });
            if (!answer.ok) break;
            const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
            let rest = "";
            for (;;) {
              const { done, value } = await reader.read();
              if (done) break;
              const events = (rest + value).split("\n\n");
              rest = events.pop();
              for (const event of events) {
                const lines = event.split("\n");
                const field = (name) =>
                  lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
                last = field("id") ?? last;
                const data = field("data");
                if (!data || mine !== order) continue;
                tell(JSON.parse(data));
                if (field("event") === "outcome") { await refresh(); return; }
              }
            }
          } catch { /* The connection broke: come back. */ }
          await pause(500 + Math.random() * 1500);
        }
        await refresh();
      };

      const refresh = async () => {
        if (!order) return;
        const mine = order;
        const answer = await call("GET", `/v1/orders/${mine.id}`);
        if (answer.ok && mine === order) tell(answer.json);
      };

      // Where an order's state has another name than its words: a place of the room expires too.
      const states = { expired: "holdOver", refund_due: "refundDue" };

      const tell = (status) => {
        if (status.server_time) offset = Date.parse(status.server_time) - performance.now();
        const changed = status.status && status.status !== order.status;
        Object.assign(order, status);
        const isQueued = order.status === "queued";
        const state = text(states[order.status] || order.status);
        $("state").textContent = state;
        const parts = [];
        if (isQueued && order.position !== undefined) {
          parts.push(text("place", order.position + 1));
          if (order.eta_ms) parts.push(text("about", clock(order.eta_ms)));
          if (order.likely_sold_out) parts.push(text("tooMany"));
        }
        if (order.status === "rejected") parts.push(text("reason", text(order.reason || "")));
        if (order.status === "paid") parts.push(text("thanks"));
        if (order.status === "waiting" && order.waiting_ahead !== undefined) {
          parts.push(text("waitBefore", order.waiting_ahead));
        }
        const words = parts.join(" ");
        $("words").textContent = words;
        show("line", isQueued);
        if (isQueued && order.first > 0) $("line").value = 1 - Math.min(1, (order.position ?? 0) / order.first);
        const isHeld = order.status === "reserved";
        show("hold", isHeld);
        show("pay", isHeld);
        show("release", isHeld);
        show("extend", isHeld && order.extensions_left > 0);
        if (isHeld && order.amount_minor !== undefined) {
          $("pay").textContent = text("paySum", money(order.amount_minor, order.currency));
        }
        if (changed) {
          say([state, words].filter(Boolean).join(" — "));
          if (isHeld) $("pay").focus();
        }
      };

      const holdClock = () => {
        if (order?.status !== "reserved" || !order.expires_at) { $("urgent").textContent = ""; return; }
        const left = Date.parse(order.expires_at) - now();
        $("hold-clock").textContent = clock(left);
        if (left <= 60000 && warned !== order.expires_at) {
          warned = order.expires_at;
          const more = order.extensions_left > 0 ? ` ${text("pressE")}` : "";
          $("urgent").textContent = text("holdEnds", Math.max(1, Math.ceil(left / 1000))) + more;
        }
      };

      const command = async (path, body, headers) => {
        const answer = await call("POST", `/v1/orders/${order.id}/${path}?wait=5s`, body, headers);
        if (answer.ok) { $("urgent").textContent = ""; tell(answer.json); } else { say(told(answer)); }
        await refresh();
      };

      // The shop's backend would do this, when its payment provider says that money came.
      const pay = () => command("payments", {
        payment_id: `demo-${random()}${random()}`, amount_minor: order.amount_minor, currency: order.currency,
      });

      // One extension of this end, however often it is asked for.
      const extend = () => command("extend", undefined, { "Idempotency-Key": `from-${order.expires_at}` });

      // --- All of it ---

      const startOver = () => {
        generation += 1;
        [order, token, warned, roomless] = [null, null, null, null];
        show("order", false);
        $("verdict").replaceChildren();
        $("urgent").textContent = "";
        sessionStorage.setItem("buyer", $("buyer").value);
        look().then(room);
      };

      $("buyer").value = sessionStorage.getItem("buyer") || `you-${random()}`;
      $("buyer").addEventListener("change", startOver);
      $("sale").addEventListener("change", startOver);
      // The other language shows the same sale.
      document.querySelector("[hreflang]").addEventListener("click", (event) => {
        const url = new URL(event.currentTarget.href);
        url.searchParams.set("sale", $("sale").value);
        event.currentTarget.href = url;
      });
      $("another").addEventListener("click", () => { $("buyer").value = `you-${random()}`; startOver(); });
      $("join").addEventListener("click", () => stepRoom("POST"));
      $("leave").addEventListener("click", () => stepRoom("DELETE"));
      $("verify").addEventListener("click", verify);
      $("pay").addEventListener("click", pay);
      $("extend").addEventListener("click", extend);
      $("release").addEventListener("click", () => command("release"));
      document.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() !== "e" || event.ctrlKey || event.metaKey || event.altKey) return;
        if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) || $("extend").hidden) return;
        extend();
      });

      const listSales = async () => {
        const answer = await call("GET", "/v1/sales");
        if (!answer.ok) return;
        const wanted = $("sale").value || new URLSearchParams(location.search).get("sale");
        const sales = answer.json.sales;
        const known = [...$("sale").options].map((option) => option.value).join("\n");
        if (known === sales.map((each) => each.id).join("\n")) return;
        $("sale").replaceChildren(...sales.map((each) => new Option(`${each.name} (${each.id})`, each.id)));
        const first = sales.find((each) => each.status === "open") || sales.find((each) => each.status === "upcoming");
        if (sales.some((each) => each.id === wanted)) $("sale").value = wanted;
        else if (first) $("sale").value = first.id;
        await look();
        await room();
      };

      const forever = async (milliseconds, work) => {
        for (;;) {
          try { await work(); } catch { say(text("noAnswer")); }
          await pause(milliseconds);
        }
      };
      setInterval(countDown, 200);
      forever(5000, listSales);
      forever(1000, look);
      forever(1000, room);
      forever(2000, async () => { if (order && order.status !== "queued") await refresh(); });
    })();

    """#
}
