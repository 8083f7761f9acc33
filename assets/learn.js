// Links within the page, the product's card, and the guided tour.  Data: window.rdTour (rdrec/ui/browser.py).
// A link's target is in data-item, data-user, data-slice, data-tab, data-lesson or data-tour; the server checks every request
// (rdrec/ui/doors.py).  Nothing here creates markup from text.
(() => {
  "use strict";
  const { steps, words, learn, link: { tabs } } = window.rdTour;
  const seen = it => !!it && it.getClientRects().length > 0 && getComputedStyle(it).visibility !== "hidden";
  const first = selector => [...document.querySelectorAll(selector)].find(seen);
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const LANDING = 14; // pixels between the top of the screen and the target of a jump
  const pause = ms => new Promise(done => setTimeout(done, ms));

  async function until(look, ms = 8000) {
    for (let left = ms; left > 0; left -= 40) {
      const found = look();
      if (found) return found;
      await pause(40);
    }
    return null;
  }

  // The tab of this name, or its entry in the menu that replaces the tabs on a narrow screen.
  function openTab(name) {
    const named = selector => [...document.querySelectorAll(selector)].find(it => it.textContent.trim() === name);
    const tab = named("#rd-tabs > .tab-wrapper [role=tab]") || named("#rd-tabs > .tab-wrapper .overflow-dropdown button");
    if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
    return !!tab;
  }

  function ask(door, wish) {
    window.rdAsked = wish;
    document.getElementById(door).click();
  }

  const { address, write, other } = window.rdLink;

  function show(it, block = "center") {
    it.scrollIntoView({ block, behavior: calm() ? "auto" : "smooth" });
  }

  // Content that loads later moves the target: keep it in place until the visitor moves.
  // Such a change interrupts smooth scrolling, so a held target is never scrolled smoothly.
  let release = () => {};
  function hold(selector, ms = 20000) {
    release();
    const off = () => {
      const it = first(selector);
      if (!it) return null;
      const most = document.documentElement.scrollHeight - innerHeight;
      const wanted = Math.min(Math.max(0, it.getBoundingClientRect().top + scrollY - LANDING), Math.max(0, most));
      return Math.abs(scrollY - wanted) > 2 ? wanted : null;
    };
    let frame = 0;
    const step = () => {
      const wanted = off();
      if (wanted !== null) scrollTo({ top: wanted, behavior: "instant" });
      frame = requestAnimationFrame(step);
    };
    const kinds = ["wheel", "touchstart", "keydown", "pointerdown"];
    const timer = setTimeout(() => release(), ms);
    release = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      kinds.forEach(kind => removeEventListener(kind, release));
      release = () => {};
    };
    for (const kind of kinds) addEventListener(kind, release, { passive: true });
    step();
  }

  function openParents(it) {
    for (let up = it; up; up = up.parentElement) {
      if (up.tagName === "DETAILS") up.open = true;
      const lid = up.querySelector(":scope > button.label-wrap:not(.open)"); // an accordion that is still closed
      if (lid) openLid(lid);
    }
  }

  // Gradio may close an accordion that it is still setting up (seen in 6.31): open it again, unless the visitor closed it.
  function openLid(lid) {
    const watch = new MutationObserver(() => { if (!lid.classList.contains("open")) lid.click(); });
    watch.observe(lid, { attributes: true, attributeFilter: ["class"] });
    lid.addEventListener("click", event => { if (event.isTrusted) watch.disconnect(); });
    setTimeout(() => watch.disconnect(), 3000);
    lid.click();
  }

  // Opens a tab and scrolls to a part of it, however late that arrives, unless the visitor moves in the meantime.
  async function goTo(tab, selector, focus = true) {
    release();
    if (tab) openTab(tab);
    const mine = goTo.last = Symbol("jump");
    const it = (await until(() => document.querySelector(selector), 20000)) || first("#rd-tabs");
    if (!it || mine !== goTo.last) return;
    openParents(it);
    const seenNow = await until(() => first(selector), 2000);
    if (mine !== goTo.last) return;
    hold(seenNow ? selector : "#rd-tabs");
    if (!focus) return;
    const target = seenNow || it;
    if (!target.matches("a, button, input, summary, [tabindex]")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    refocus(target, selector);
  }

  // A button that leads to a part; `focus`: the control there to focus.
  async function followDoor({ tab, to, focus }) {
    await goTo(tab, to, !focus);
    if (focus) (await until(() => first(focus), 2000))?.focus({ preventScroll: true });
  }

  // If Gradio replaces the target, the focus moves to the new one.
  function refocus(was, selector) {
    const from = goTo.last;
    until(() => from !== goTo.last || !was.isConnected, 6000).then(gone => {
      const now = gone && from === goTo.last && document.activeElement === document.body && first(selector);
      if (!now) return;
      if (!now.matches("a, button, input, summary, [tabindex]")) now.tabIndex = -1;
      now.focus({ preventScroll: true });
    });
  }

  // The card: a native dialog, so Esc closes it and Tab stays inside.
  let opener = null;
  const place = () => document.getElementById("rd-card-place");
  function openCard(item, from) {
    if (from && !from.closest("dialog")) opener = from;
    ask("rd-open", { item: String(item) });
  }
  function showCard() {
    if (!window.rdAsked?.item) return; // in the meantime a shopper was requested
    const card = place().querySelector("dialog");
    if (!card) {
      const said = place().querySelector(".rd-notice");
      if (said) show(said, "nearest");
      return;
    }
    write({ item: window.rdAsked.item });
    card.addEventListener("close", () => {
      if (card !== place().querySelector("dialog")) return;
      write({ item: null });
      if (opener && opener.isConnected) opener.focus();
    });
    card.addEventListener("click", event => { if (event.target === card) card.close(); });
    if (!card.open) card.showModal();
  }
  function closeCard() {
    const card = place() && place().querySelector("dialog[open]");
    if (card) card.close();
  }

  // Shows the shopper, who is in the first tab.
  let stays = false; // examples in the Why tab change the shopper but stay in the tab
  async function arrived() {
    if (stays) {
      stays = false;
      document.querySelector("#rd-why-spelled > button").focus({ preventScroll: true });
      return;
    }
    openTab(Object.values(tabs)[0]);
    const who = await until(() => first("#rd-who"));
    if (!who) return;
    const said = first(".rd-notices .rd-notice");
    show(said || who, "start");
    who.tabIndex = -1;
    who.focus({ preventScroll: true });
  }

  // The tour
  let tour = null;
  function piece(tag, cls, text) {
    const it = document.createElement(tag);
    if (cls) it.className = cls;
    if (text) it.textContent = text;
    return it;
  }
  function button(text, cls, press) {
    const it = piece("button", cls, text);
    it.type = "button";
    it.addEventListener("click", press);
    return it;
  }
  function startTour(from) {
    endTour();
    closeCard();
    const root = document.querySelector(".gradio-container");
    const ring = piece("div", "rd-tour-ring");
    ring.setAttribute("aria-hidden", "true");
    const card = piece("div", "rd-tour");
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-labelledby", "rd-tour-title");
    card.setAttribute("aria-describedby", "rd-tour-text");
    card.tabIndex = -1;
    const count = piece("p", "count"), title = piece("h2"), text = piece("p", "text"), row = piece("div", "row");
    title.id = "rd-tour-title";
    text.id = "rd-tour-text";
    const back = button(words.back, "", () => go(tour.at - 1));
    const next = button(words.next, "primary", () => (tour.at + 1 < steps.length ? go(tour.at + 1) : endTour()));
    const close = button("✕", "close", () => endTour());
    close.setAttribute("aria-label", words.close);
    row.append(back, next);
    card.append(close, count, title, text, row);
    root.append(ring, card);
    tour = { at: 0, turn: 0, target: null, ring, card, count, title, text, back, next, from, frame: 0 };
    const follow = () => { if (tour) { draw(); tour.frame = requestAnimationFrame(follow); } };
    follow();
    go(0);
  }
  function endTour() {
    if (!tour) return;
    cancelAnimationFrame(tour.frame);
    tour.ring.remove();
    tour.card.remove();
    const from = tour.from && tour.from.isConnected && seen(tour.from) ? tour.from : first("[data-tour]");
    tour = null;
    if (from) from.focus();
  }
  async function go(at) {
    if (!tour || at < 0) return;
    const mine = ++tour.turn, step = steps[at];
    tour.at = at;
    tour.target = null;
    tour.count.textContent = words.count.replace("{at}", at + 1).replace("{all}", steps.length);
    tour.title.textContent = step.title;
    tour.text.textContent = words.wait;
    tour.back.disabled = at === 0;
    tour.next.textContent = at + 1 < steps.length ? words.next : words.done;
    if (step.tab) openTab(step.tab);
    const target = await until(() => first(step.at));
    if (!tour || mine !== tour.turn) return;
    tour.target = target;
    tour.text.textContent = target ? step.text : `${step.text} (${words.missing})`;
    tour.settled = performance.now() + 2000; // until then, content above may still load and move it
    if (target) bring(target);
    tour.card.dataset.step = at;
    tour.card.focus({ preventScroll: true });
  }
  // Show a tall part from its top, where its heading is.
  function bring(target) {
    const tall = target.getBoundingClientRect().height > innerHeight * 0.5;
    target.style.scrollMarginTop = tall ? "24px" : "";
    tour.place = target.getBoundingClientRect().top + scrollY;
    show(target, tall ? "start" : "center");
  }
  function draw() {
    const { target, ring, card } = tour, edge = 8;
    if (target && !target.isConnected) tour.target = first(steps[tour.at].at) || null;
    if (!seen(target)) {
      ring.style.display = "none";
      card.style.removeProperty("left");
      card.style.removeProperty("top");
      return;
    }
    const at = target.getBoundingClientRect(), size = card.getBoundingClientRect();
    if (performance.now() < tour.settled && Math.abs(at.top + scrollY - tour.place) > 4) bring(target);
    ring.style.display = "";
    Object.assign(ring.style, { left: `${at.left - 6}px`, top: `${at.top - 6}px`, width: `${at.width + 12}px`, height: `${at.height + 12}px` });
    const low = Math.min(at.bottom, innerHeight) + 16, high = Math.max(at.top, 0) - size.height - 16;
    const narrow = innerWidth < 640;
    let top, left;
    if (narrow) {
      left = edge;
      top = at.top > innerHeight - at.bottom && at.top > size.height + 24 ? edge : innerHeight - size.height - edge;
      if (at.bottom > top && top > edge && at.top > size.height + 24) top = edge;
    } else {
      left = Math.max(edge, Math.min(at.left, innerWidth - size.width - edge));
      top = low + size.height < innerHeight ? low : high > edge ? high : innerHeight - size.height - edge;
      if (top === innerHeight - size.height - edge) left = innerWidth - size.width - edge;
    }
    Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
  }

  // Opens what the address names, once the first view is there.
  async function openAsked() {
    const asked = new URL(location.href).searchParams;
    if (asked.get("item")) openCard(asked.get("item"), null);
    if (asked.get("notes") === "1") document.documentElement.classList.add("rd-notes");
    const chapter = window.rdLecture.asked(asked);
    if (asked.get("handout") === "1") window.rdLecture.showHandout();
    else if (chapter && [undefined, learn].includes(tabs[asked.get("tab")])) {
      openTab(learn);
      if (await until(() => document.querySelector(".rd-lecture"), 20000)) window.rdLecture.open(chapter);
    }
    else if (asked.get("lab") === "1") goTo(learn, "#rd-lab", false);
    else if (asked.get("lesson") && [undefined, learn].includes(tabs[asked.get("tab")])) goTo(learn, "#rd-lessons .rd-notice");
  }

  const plainClick = event => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  document.addEventListener("click", event => {
    const link = event.target.closest("[data-item], [data-user], [data-slice], button[data-tab], [data-tour], [data-close]");
    if (!link || !plainClick(event)) return;
    event.preventDefault();
    const wish = link.dataset;
    if (wish.item) openCard(wish.item, link);
    else if (wish.slice) ask("rd-go", { slice: wish.slice, label: wish.label });
    else if (wish.user) { closeCard(); stays = !!link.closest("#rd-why"); ask("rd-go", { user: wish.user }); }
    else if (wish.tab) followDoor(wish);
    else if (wish.tour) startTour(link);
    else if (wish.close) closeCard();
  });
  // A link opened in another tab should show the same data set and shopper, so its address is completed just before use.
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, event => {
    const link = event.target.closest && event.target.closest("a[data-item], a[data-user]");
    if (link) link.href = (link.dataset.item ? address({ item: link.dataset.item }) : address({ ...other, user: link.dataset.user })).search;
  });
  document.addEventListener("keydown", event => {
    if (!tour || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") endTour();
    else if (tour.card.contains(document.activeElement)) {
      if (event.key === "ArrowRight") tour.next.click();
      if (event.key === "ArrowLeft") tour.back.click();
    }
  });
  window.rdPage = { showCard, arrived, openAsked, goTo };
})();
