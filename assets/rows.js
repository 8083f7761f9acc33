// Rows of purchases to edit in place (rdrec/ui/why/rows.py): a shopper's in the Why tab, and a visitor's own below.
// A button names its edit in data-edit="LIST EDIT"; the server checks it.  Each edit is an entry of the browser's history
// (assets/link.js), so Back undoes it.  Nothing here creates markup.
(() => {
  "use strict";
  const KEYS = { why: ["edit", "pins"], own: ["own"] };
  let last = null, restoring = false;

  function ask(list, wish) {
    window.rdAsked = wish;
    document.getElementById(`rd-${list}-go`)?.click();
  }
  document.addEventListener("click", event => {
    const button = event.target.closest("button[data-edit]");
    if (!button) return;
    const [list, wish] = button.dataset.edit.split(" ");
    last = { list, label: button.title, row: button.closest("li"), wish };
    if (wish === "undo" && window.rdLink.undo()) return;
    ask(list, { edit: wish === "undo" ? "reset" : wish });
  });
  document.addEventListener("rd-back", event => {
    for (const [list, keys] of Object.entries(KEYS)) {
      if (!keys.some(key => key in event.detail)) continue;
      const asked = new URL(location.href).searchParams;
      restoring = true;
      ask(list, { edit: "restore", to: Object.fromEntries(keys.map(key => [key, asked.get(key) ?? ""])) });
    }
  });

  // After the server's answer.  kept: null before there is a list; link: the parameters of the address.
  function write(link, edit) {
    if (!link) return;
    if (edit && !restoring) window.rdLink.push(link);
    else window.rdLink.write(link);
  }
  // A press re-creates the buttons: focus the one that was pressed, or what replaced it.
  function pressed(link) {
    write(link, true);
    restoring = false;
    if (!last) return;
    const now = document.activeElement;
    if (now && now !== document.body && !now.matches("[data-edit]")) return;
    const place = document.getElementById(`rd-${last.list}-rows`);
    if (/^replace/.test(last.wish)) {
      document.querySelector(`#rd-${last.list}-search :is(textarea, input)`)?.focus();
      return;
    }
    const same = [...place.querySelectorAll("[data-edit]")].find(it => it.title === last.label);
    const to = same || place.querySelector("h3");
    if (!to || to === now) return;
    if (!to.matches("button")) to.tabIndex = -1;
    to.focus({ preventScroll: true });
  }
  const open = part => !!document.querySelector(`#${part} > button.label-wrap.open`);
  const seen = it => !!it && it.getClientRects().length > 0;
  // The shopper, the list or a choice changed: update the open parts.
  function again() {
    if (seen(document.getElementById("rd-why"))) document.getElementById("rd-why-again").click();
  }
  function parts() {
    for (const part of ["rd-why-spelled", "rd-why-prompt"]) if (open(part)) document.getElementById(`${part}-go`).click();
    if (new URL(location.href).searchParams.has("beam") && !open("rd-why-spelled")) window.rdPage.goTo(null, "#rd-why-spelled", false);
  }
  window.rdRows = { write, pressed, again, parts };
})();
