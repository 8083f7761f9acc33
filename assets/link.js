// The address says what is shown, so that it can be copied, reloaded and sent (rdrec/ui/url.py, why_link.py; the server checks it each time).
// It is rewritten in place: Back leaves the page, Forward and a reload open what was shown last.  Nothing here makes markup.
(() => {
  "use strict";
  const OF_SHOPPER = ["explain", "edit", "pins", "review"]; // of one shopper: another one has other purchases and reviews
  const { tabs, copied, copy } = window.rdTour.link;
  let shown = null, search = location.search;

  function address(changes) {
    const to = new URL(location.href);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") to.searchParams.delete(key);
      else to.searchParams.set(key, value);
    }
    to.search = to.search.replaceAll("%2C", ",");
    return to;
  }
  // What is written is of the shopper that is shown: the address names them from then on.
  function write(changes) {
    history.replaceState(history.state, "", address({ ...shown, ...changes }));
    search = location.search;
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

  // A step back over a `#...` of this page changes nothing that is shown.
  addEventListener("popstate", () => {
    if (location.search === search) return;
    const to = new URL(location.href);
    to.search = search;
    history.replaceState(history.state, "", to);
  });

  // Gradio's <base> makes "#part" an address without what is shown, and following it would load the page anew.
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
    if (event.detail && event.target.closest && event.target.closest("#rd-examples .rd-menu-body label")) setTimeout(closeMenu);
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
      await navigator.clipboard.writeText(link); // not there on plain http, and refused within a frame
      said.textContent = copied;
    } catch {
      said.textContent = `${copy} ${link}`;
      getSelection().selectAllChildren(said);
    }
  });

  window.rdLink = { address, write, first, follow, other, openAsked };
})();
