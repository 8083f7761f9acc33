// The address says what is shown, so that it can be copied, reloaded and sent (rdrec/explorer/url.py, why_url.py; the server checks it).
// It is replaced in place, but each edit of purchases (`push`) is an entry of the browser's history, so that Back undoes it, or leaves the
// page if there is none.  Scripts that show edits listen to "rd-back", whose detail has the parameters.  Nothing here creates markup.
(() => {
  "use strict";
  const OF_SHOPPER = ["explain", "rather", "edit", "pins", "review"]; // belong to one shopper's purchases and reviews
  const { tabs, copied, copy } = window.rdTour.link;
  const EDITS = ["edit", "pins", "own"];
  let shown = null, search = location.search, depth = history.state?.rdEdits ?? 0; // depth: number of edits that Back can undo

  function address(changes) {
    const to = new URL(location.href);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") to.searchParams.delete(key);
      else to.searchParams.set(key, value);
    }
    to.search = to.search.replaceAll("%2C", ",");
    return to;
  }
  // Parameters written belong to the shown shopper, whom the address names from then on.
  function write(changes) {
    history.replaceState(history.state, "", address({ ...shown, ...changes }));
    search = location.search;
  }
  function push(changes) {
    const to = address({ ...shown, ...changes });
    if (to.search === location.search) return;
    history.pushState({ ...history.state, rdEdits: ++depth }, "", to);
    search = location.search;
  }
  // Undoes the last edit by going back; returns whether there was one.  The result arrives as "rd-back".
  function undo() {
    if (!depth) return false;
    history.back();
    return true;
  }
  const other = { item: null, ...Object.fromEntries(OF_SHOPPER.map(key => [key, null])) };

  function now(data, user, task) {
    const same = !shown || (shown.data === data && String(shown.user) === String(user));
    shown = { data, user, task };
    window.rdUser = user;
    return same;
  }
  const first = (data, user, task) => { now(data, user, task); };
  const follow = (data, user, task) => { write(now(data, user, task) ? {} : { ...other, data, user, task }); };

  // Back and Forward restore the edits of that entry if it belongs to the same shopper, and nothing else.
  addEventListener("popstate", event => {
    depth = event.state?.rdEdits ?? 0;
    if (location.search === search) return;
    const there = new URL(location.href).searchParams, to = new URL(location.href), edits = {};
    to.search = search;
    const here = key => to.searchParams.get(key) ?? "";
    if (["data", "user"].every(key => !there.has(key) || there.get(key) === here(key))) {
      for (const key of EDITS) if ((there.get(key) ?? "") !== here(key)) edits[key] = there.get(key) ?? "";
    }
    history.replaceState(history.state, "", to);
    write(edits);
    if (Object.keys(edits).length) document.dispatchEvent(new CustomEvent("rd-back", { detail: edits }));
  });

  // Because of Gradio's <base>, following "#part" would drop the parameters and reload the page.
  document.addEventListener("click", event => {
    const link = event.target.closest && event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.hash = link.getAttribute("href");
  });

  const slug = name => Object.keys(tabs).find(key => tabs[key] === name);
  document.addEventListener("click", event => {
    const tab = event.target.closest && event.target.closest("#rd-tabs > .tab-wrapper :is([role=tab], .overflow-dropdown button)");
    const key = tab && slug(tab.textContent.trim());
    if (key) write({ tab: key === Object.keys(tabs)[0] ? null : key });
  }, true);

  // Menus: a button with data-menu and the body beside it.  Esc or a click elsewhere closes; choosing in a list of examples does, too.
  const opened = () => document.querySelector(".rd-menu.open");
  function menu(it, open) {
    it.classList.toggle("open", open);
    it.querySelector("[data-menu]").setAttribute("aria-expanded", open);
  }
  function closeMenu(focus) {
    const it = opened();
    if (!it) return;
    menu(it, false);
    if (focus) it.querySelector("[data-menu]").focus();
  }
  document.addEventListener("click", event => {
    const button = event.target.closest && event.target.closest("[data-menu]"), it = opened();
    if (it && !it.contains(event.target)) menu(it, false);
    if (!button) {
      for (const info of document.querySelectorAll(".rd-info[open]")) if (!info.contains(event.target)) info.open = false;
      return;
    }
    const mine = button.closest(".rd-menu");
    menu(mine, !mine.classList.contains("open"));
  });
  document.addEventListener("click", event => {
    if (!event.target.closest) return;
    const chosen = event.detail && event.target.closest("#rd-examples .rd-menu-body label");
    if (chosen || event.target.closest(".rd-menu-body [data-tab]")) setTimeout(closeMenu);
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const info = document.querySelector(".rd-info[open]");
    if (info) { info.open = false; info.firstElementChild.focus(); }
    closeMenu(true);
  });

  async function openAsked() {
    const name = tabs[new URL(location.href).searchParams.get("tab")];
    if (name) window.rdPage.goTo(name, "#rd-tabs", false);
  }

  document.addEventListener("click", async event => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    const link = address(shown || {}).href, said = button.parentElement.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(link); // missing on plain HTTP, and refused within a frame
      said.textContent = copied;
    } catch {
      said.textContent = `${copy} ${link}`;
      getSelection().selectAllChildren(said);
    }
  });

  window.rdLink = { address, write, push, undo, first, follow, other, openAsked };
})();
