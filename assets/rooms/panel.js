// The lecturer's voting room: opens it, asks, closes voting, shows the answer, and draws the votes that the server pushes.
// Every sentence comes from the server or is in the panel (rdrec/ui/rooms/); texts become text nodes, nothing here creates markup.
(() => {
  "use strict";
  const KEPT = "rdrec-room", HIDE = "#rd-hide input";
  const base = () => location.origin + location.pathname.replace(/\/*$/, "/");
  const pause = ms => new Promise(done => setTimeout(done, ms));
  let room = null, state = null, veiled = false, lost = false, wrong = "", reading = null, frame = 0;

  // For this tab only.  A sandboxed frame has no storage, so there a reload forgets the room.
  function keep() {
    try {
      if (room) sessionStorage.setItem(KEPT, JSON.stringify(room));
      else sessionStorage.removeItem(KEPT);
    } catch { /* works until the next reload */ }
  }
  function kept() {
    try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
  }

  async function send(what, body) {
    wrong = "";
    try {
      const options = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      const answer = await fetch(`${base()}rooms/${what}`, options), said = await answer.json();
      if (answer.ok) return said;
      wrong = said.error || said.detail || String(answer.status);
    } catch {
      lost = true;
    }
    draw();
    return null;
  }

  async function open() {
    if (room) return;
    const made = await send("open", { address: base() });
    if (!made) return;
    room = made;
    hide(true);
    keep();
    draw();
    follow();
  }
  async function act(what, more = {}) {
    if (!room) return;
    const said = await send(what, { room: room.code, key: room.key, ...more });
    if (said) take(said);
  }
  const ask = (kind, data, user) => { act("ask", { kind, data, user }); };

  // The page must not give away what the class votes on, so "guess first" is on while a room is open.
  function hide(on) {
    const box = document.querySelector(HIDE);
    if (!box || box.checked === on) return;
    if (on) room.hid = true;
    box.click();
  }

  function take(said) {
    lost = false;
    if (!said.over) {
      state = said;
      draw();
      return;
    }
    const undo = room && room.hid;
    if (reading) reading.abort();
    room = state = null;
    wrong = said.said;
    keep();
    if (undo) hide(false);
    draw();
    focusOpen();
  }
  function focusOpen() {
    const now = document.activeElement;
    if (now && now !== document.body && now.getClientRects().length) return;
    const button = [...document.querySelectorAll(".rd-room [data-room=open]")].find(it => it.getClientRects().length);
    if (button) button.focus({ preventScroll: true });
  }

  // Server-sent events read by fetch, because an EventSource could send the key only in its address.
  async function follow() {
    const mine = room;
    for (let wait = 500; room === mine; wait = Math.min(2 * wait, 8000)) {
      try {
        const headers = { "x-room-key": mine.key };
        reading = new AbortController();
        const answer = await fetch(`${base()}rooms/stream?room=${mine.code}`, { headers, signal: reading.signal, cache: "no-store" });
        if (answer.status === 429) wrong = (await answer.json()).error;
        if (!answer.ok) throw new Error(answer.status);
        await read(answer.body.getReader(), mine, () => { wait = 250; });
      } catch { /* retried below */ }
      if (room !== mine) return;
      lost = true;
      draw();
      await pause(wait);
    }
  }
  async function read(reader, mine, arrived) {
    const text = new TextDecoder();
    let held = "", silence = 0;
    const watch = () => { // a dead connection raises no event
      clearTimeout(silence);
      silence = setTimeout(() => reading.abort(), 3000 * ((state && state.again) || 10));
    };
    try {
      for (watch(); room === mine;) {
        const { done, value } = await reader.read();
        if (done) return;
        watch();
        held += text.decode(value, { stream: true });
        const events = held.split("\n\n");
        held = events.pop();
        for (const event of events) if (event.startsWith("data: ") && room === mine) { arrived(); take(JSON.parse(event.slice(6))); }
      }
    } finally {
      clearTimeout(silence);
    }
  }

  function piece(tag, cls, ...children) {
    const made = document.createElement(tag);
    if (cls) made.className = cls;
    made.append(...children);
    return made;
  }
  function qr() {
    const made = piece("img");
    made.src = room.qr;
    made.alt = "";
    return made;
  }
  function row(one) {
    const what = piece("span", "what", piece("bdi", "", one.title));
    if (one.note) what.append(" ", piece("small", "", one.note));
    const name = one.key.length === 1 ? [piece("span", "key", one.key), " "] : [];
    return piece("li", "", ...name, what, " ", piece("span", "mark"), " ", piece("span", "count"), piece("span", "bar"));
  }
  const write = (it, text) => { if (it.textContent !== text) it.textContent = text; };

  function draw() {
    for (const root of document.querySelectorAll(".rd-room")) drawOne(root);
  }
  function drawOne(root) {
    root.dataset.shown = "1";
    const one = selector => root.querySelector(selector);
    one(".idle").hidden = !!room;
    one(".live").hidden = !room;
    write(one(".wrong .words"), wrong);
    one(".wrong").hidden = !wrong;
    one(".lost").hidden = !lost || !room;
    const dialog = one("dialog");
    if (!room) {
      if (dialog.open) dialog.close();
      return;
    }
    if (root.dataset.code !== room.code) {
      root.dataset.code = room.code;
      delete root.dataset.number;
      one(".qr").replaceChildren(qr());
      one("dialog .large").replaceChildren(qr());
      for (const it of root.querySelectorAll(".code")) write(it, `${room.code.slice(0, 3)} ${room.code.slice(3)}`);
      for (const it of root.querySelectorAll(".address")) write(it, room.shown);
      one(".only-here").hidden = !room.only_here;
    }
    drawVote(root, one);
  }
  function drawVote(root, one) {
    const phase = state ? state.phase : "waiting", asked = !!(state && state.number);
    const visible = {
      close: phase === "open", reopen: phase === "closed", reveal: phase === "open" || phase === "closed",
      veil: asked && !veiled && phase !== "revealed", unveil: asked && veiled && phase !== "revealed",
    };
    for (const [name, on] of Object.entries(visible)) one(`[data-room=${name}]`).hidden = !on;
    one(".none").hidden = asked;
    one(".asked").hidden = !asked;
    if (!state) return;
    write(one(".text"), state.text);
    write(one(".votes"), state.votes);
    write(one(".phase"), state.said);
    write(one(".left"), state.left);
    write(one(".because"), state.because);
    one(".because").hidden = !state.because;
    const list = one(".choices");
    if (root.dataset.number !== String(state.number)) {
      root.dataset.number = state.number;
      list.replaceChildren(...state.choices.map(row));
    }
    const bare = veiled && phase !== "revealed";
    state.choices.forEach((choice, at) => {
      const it = list.children[at], right = choice.key === state.answer;
      it.classList.toggle("right", right);
      write(it.querySelector(".mark"), right ? `★ ${one(".answer-word").textContent}` : "");
      write(it.querySelector(".count"), bare ? "" : String(choice.count));
      it.querySelector(".bar").style.setProperty("--w", `${bare ? 0 : 100 * choice.share}%`);
    });
  }

  const presses = {
    open, close: () => act("close"), reopen: () => act("reopen"), reveal: () => act("reveal"), end: () => act("end"),
    veil: root => turn(root, true), unveil: root => turn(root, false),
    "ask-guess": () => press("guess"), "ask-help": () => press("help"),
    enlarge: root => root.querySelector("dialog").showModal(), shrink: root => root.querySelector("dialog").close(),
  };
  function turn(root, on) {
    veiled = on;
    draw();
    root.querySelector(`[data-room=${on ? "unveil" : "veil"}]`).focus();
  }
  const press = kind => { const go = document.querySelector(`button.rd-room-go-${kind}`); if (go) go.click(); };
  document.addEventListener("click", event => {
    const button = event.target.closest && event.target.closest(".rd-room [data-room]");
    if (button && presses[button.dataset.room]) presses[button.dataset.room](button.closest(".rd-room"));
  });

  // A tab opened later has its own panel.
  new MutationObserver(() => {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      for (const root of document.querySelectorAll(".rd-room:not([data-shown])")) drawOne(root);
    });
  }).observe(document, { childList: true, subtree: true });

  room = kept();
  if (room) follow();
  window.rdRooms = { ask };
})();
