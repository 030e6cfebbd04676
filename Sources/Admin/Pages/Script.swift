/// The one script of all pages: what is nicer with it, and works without.
enum Script {
  static let text = """
    "use strict";
    // A form is sent once: a second click finds its button disabled.
    addEventListener("submit", (event) => {
      const question = event.target.dataset.confirm;
      if (question && !confirm(question)) { event.preventDefault(); return; }
      for (const button of event.target.querySelectorAll("button")) { setTimeout(() => { button.disabled = true; }); }
    });
    // Back from the browser's history, the buttons work again.
    addEventListener("pageshow", () => {
      for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
    });
    // A select that needs no button sends its form when it changes.
    addEventListener("change", (event) => {
      if (event.target.dataset.submits !== undefined) event.target.form.requestSubmit();
    });
    // What is under way is looked at again each second, until it has ended. Nothing else of the page changes.
    const lookAgain = async () => {
      if (!document.querySelector("[data-moving]")) return;
      if (document.visibilityState === "visible") {
        try {
          const answer = await fetch(document.querySelector("[data-moving]").dataset.moving);
          if (answer.redirected) { location.reload(); return; }
          const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : document;
          for (const part of document.querySelectorAll("[data-watched]")) {
            const now = page.querySelector(`[data-watched="${part.dataset.watched}"]`);
            if (now && now !== part) part.replaceWith(document.adoptNode(now));
          }
        } catch { /* The server is away: the next look may get through. */ }
      }
      setTimeout(lookAgain, 1000);
    };
    setTimeout(lookAgain, 1000);

    """
}
