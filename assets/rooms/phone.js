// A phone in a voting room: polls the room every few seconds, shows its question, sends a vote.
// Every text comes from the server (rdrec/explorer/room_views.py) and becomes a text node; nothing here creates markup.
(() => {
  "use strict";
  const $ = id => document.getElementById(id);
  const code = (new URL(location.href).searchParams.get("room") || "").trim();
  const base = location.origin + location.pathname.replace(/\/*$/, "/") + "rooms/";
  let shown = "", turn = 0, timer = 0, misses = 0;

  function piece(tag, cls, ...children) {
    const made = document.createElement(tag);
    if (cls) made.className = cls;
    made.append(...children);
    return made;
  }
  function tell(id, text) {
    if ($(id).textContent !== text) $(id).textContent = text; // so that screen readers do not repeat an unchanged status
    $(id).hidden = !text;
  }

  function button(one) {
    const name = piece("bdi", "", one.title), what = piece("span", "what", name);
    if (one.note) what.append(" ", piece("small", "", one.note));
    const made = piece("button", "choice");
    made.type = "button";
    made.dataset.key = one.key;
    if (one.key.length === 1) made.append(piece("span", "key", one.key), " ");
    made.append(what, " ", piece("span", "mark"));
    made.addEventListener("click", () => vote(one.key));
    return piece("li", "", made, piece("span", "bar"));
  }

  function show(room) {
    $("lost").hidden = true;
    misses = 0;
    $("join").hidden = !room.over;
    $("where").hidden = room.over;
    if (room.over) {
      shown = "";
      tell("text", "");
      tell("because", "");
      $("choices").replaceChildren();
      $("before").hidden = true;
      tell("said", room.said);
      return;
    }
    tell("said", room.said);
    tell("because", room.because);
    if (shown !== String(room.number)) {
      shown = String(room.number);
      const held = $("choices").contains(document.activeElement);
      tell("text", room.text);
      $("choices").replaceChildren(...room.choices.map(button));
      $("context").replaceChildren(...room.context.map(title => piece("li", "", piece("bdi", "", title))));
      $("before").hidden = !room.context.length;
      if (held) $("text").focus();
    }
    const open = room.phase === "open";
    room.choices.forEach((one, at) => {
      const row = $("choices").children[at], pressed = row.firstChild, mine = one.key === room.mine, right = one.key === room.answer;
      pressed.disabled = !open;
      pressed.setAttribute("aria-pressed", mine);
      const marks = [right ? `★ ${$("answer").textContent}` : "", mine ? $("mine").textContent : "", one.count === null ? "" : String(one.count)];
      pressed.querySelector(".mark").textContent = marks.filter(Boolean).join(" · ");
      row.classList.toggle("right", right);
      row.lastChild.hidden = one.share === null;
      row.lastChild.style.setProperty("--w", `${100 * (one.share || 0)}%`);
    });
  }

  async function ask(path, options) {
    const answer = await fetch(base + path, { cache: "no-store", ...options });
    return { ok: answer.ok, said: await answer.json() };
  }

  async function vote(choice) {
    const mine = ++turn;
    try {
      const body = JSON.stringify({ room: code, question: Number(shown), choice });
      const { ok, said } = await ask("vote", { method: "POST", body, headers: { "content-type": "application/json" } });
      if (mine !== turn) return; // a later press is pending
      if (ok) return show(said);
      await look();
      tell("said", said.error);
    } catch {
      lose();
    }
  }

  function lose() {
    misses += 1;
    $("lost").hidden = misses < 2; // one lost request is no reason for a warning
  }

  async function look() {
    clearTimeout(timer);
    const mine = turn;
    let again = 4;
    try {
      const { ok, said } = await ask(`state?room=${encodeURIComponent(code)}`);
      if (!ok) throw new Error("no state");
      if (mine === turn) show(said);
      if (said.over) return;
      again = said.again;
    } catch {
      lose();
      again = Math.min(4 * misses, 20);
    }
    // Random pauses, so that a class that joined in the same second does not keep polling at once.
    if (!document.hidden) timer = setTimeout(look, 1000 * again * (0.75 + Math.random() / 2));
  }

  $("room").textContent = code.toUpperCase();
  $("code").value = code;
  $("own").href = `?room=${encodeURIComponent(code)}`;
  $("framed").hidden = window.top === window;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  look();
})();
