// The switches of the Teach menu, and the buttons of the guessing game (data-guess).
// The switches are in the address; the server checks every press (rdrec/ui/classroom.py).  Nothing here creates markup.
(() => {
  "use strict";
  const { write } = window.rdLink;
  const KEYS = ["hide", "lock", "large"], root = document.documentElement;
  const asked = () => new URL(location.href).searchParams;
  const guessing = () => asked().get("hide") === "1";
  let locked = false, last = null;

  // The type scale is in rem, so the root size scales it all.
  function enlarge(large) {
    root.classList.toggle("rd-large", large);
    root.style.fontSize = large ? "125%" : "";
  }
  enlarge(asked().get("large") === "1"); // before the first paint

  const KEPT = "#rd-data, #rd-search, #rd-user, #rd-random, #rd-examples, #rd-featured";
  function show(hide, lock, large) {
    enlarge(large);
    locked = lock;
    root.classList.toggle("rd-locked", lock);
    for (const part of document.querySelectorAll(KEPT)) part.inert = lock;
  }
  function switched(...on) {
    show(...on);
    const hides = on[0] ? { explain: null, rather: null } : {}; // it may name the purchase to be guessed
    write({ ...hides, ...Object.fromEntries(KEYS.map((key, at) => [key, on[at] ? "1" : ""])) });
  }

  // Other ways to another shopper: links in cards and chapters, and tour stops.
  const plainClick = event => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  document.addEventListener("click", event => {
    if (!locked || !event.target.closest(`${KEPT}, [data-user], [data-slice]`) || !plainClick(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const dialog = document.querySelector("dialog[open]");
    if (!dialog) return tellLocked();
    dialog.addEventListener("close", tellLocked, { once: true }); // after the closing card has returned the focus
    dialog.close();
  }, true);
  function tellLocked() {
    const note = document.getElementById("rd-lock-note");
    note.scrollIntoView({ block: "center" });
    note.tabIndex = -1;
    note.focus({ preventScroll: true });
  }

  document.addEventListener("click", event => {
    const button = event.target.closest("button[data-guess]");
    if (!button) return;
    const { guess } = button.dataset;
    last = { guess };
    window.rdAsked = { guess };
    document.getElementById("rd-guess-go").click();
  });

  // A press re-creates the buttons: focus the one that was pressed, or what replaced it.
  function pressed() {
    const now = document.activeElement;
    if (!last || (now && now !== document.body && !now.matches("[data-guess]"))) return;
    const same = [...document.querySelectorAll("[data-guess]")].find(it => it.dataset.guess === last.guess);
    const to = same || document.querySelector("#rd-guess .answer, #rd-guess [data-guess]");
    if (!to || to === now) return;
    if (!to.matches("button")) to.tabIndex = -1;
    to.focus({ preventScroll: !!same });
  }

  function openAsked() {
    const { why, link: { tabs } } = window.rdTour;
    if (asked().has("own") && [undefined, why].includes(tabs[asked().get("tab")])) window.rdPage.goTo(why, "#rd-own");
  }
  window.rdClass = { guessing, show, switched, pressed, openAsked };
})();
