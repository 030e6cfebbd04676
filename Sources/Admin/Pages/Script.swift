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

    """
}
