// The six chapters of the Learn tab, shown one at a time by buttons, arrow keys and `?chapter=N`; and the hand-out for printing.
// Nothing here creates markup from text.
(() => {
  "use strict";
  const { former, learn, back } = window.rdTour;
  const lecture = () => document.querySelector(".rd-lecture");
  const chapters = () => [...document.querySelectorAll(".rd-lecture > .chapter")];
  const shown = () => chapters().findIndex(one => !one.hidden) + 1;

  // The chapter in the address: its number, or the key of a former lesson.
  function asked(parameters) {
    const number = parameters.get("chapter");
    if (/^[1-9]$/.test(number || "")) return Number(number);
    const key = parameters.get("lesson") || "";
    return Object.hasOwn(former, key) ? former[key] : 0;
  }

  function open(number, focus = true) {
    const all = chapters();
    if (!all[number - 1]) return;
    all.forEach((one, index) => { one.hidden = index !== number - 1; });
    for (const tab of document.querySelectorAll(".rd-lecture > nav [data-chapter]")) {
      if (Number(tab.dataset.chapter) === number) tab.setAttribute("aria-current", "step");
      else tab.removeAttribute("aria-current");
    }
    window.rdLink.write({ chapter: number, lesson: null });
    if (!focus) return;
    window.rdPage.goTo(learn, ".rd-lecture", false);
    document.getElementById(`rd-chapter-${number}`).focus({ preventScroll: true });
  }

  function flip(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    button.closest(".rd-flip").classList.toggle("flipped", on);
  }

  // A copy at the end of the body, so that only the hand-out is printed.
  function sheet() {
    document.querySelector(".rd-sheet")?.remove();
    const from = document.querySelector(".rd-handout");
    if (!from) return null;
    const copy = from.cloneNode(true);
    copy.className = "rd-sheet";
    copy.hidden = false;
    copy.querySelector(".address").textContent = new URL("?chapter=1", location.origin + location.pathname).href;
    const paper = document.createElement("style"); // Gradio would drop this rule from a style sheet
    paper.textContent = "@page { size: A4; margin: 12mm 16mm; }";
    copy.append(paper);
    document.body.append(copy);
    document.documentElement.classList.add("rd-printing");
    return copy;
  }
  function putAway() {
    document.querySelector(".rd-sheet")?.remove();
    document.documentElement.classList.remove("rd-printing");
  }
  function printHandout() {
    if (!sheet()) return;
    addEventListener("afterprint", putAway, { once: true });
    window.print();
  }
  // `?handout=1` shows the hand-out on the screen.
  async function showHandout() {
    window.rdPage.goTo(learn, ".rd-lecture", false);
    for (let left = 400; left > 0 && !document.querySelector(".rd-handout"); left--) await new Promise(done => setTimeout(done, 50));
    sheet();
  }

  // After a chapter's button has led to another tab, a button there leads back until the lecture is visible again.
  let way = null;
  async function comeBack() { // only a visible tab can take the focus
    window.rdPage.goTo(learn, ".rd-lecture", false);
    for (let left = 200; left > 0 && !lecture()?.getClientRects().length; left--) await new Promise(done => setTimeout(done, 25));
    way.hidden = true;
    open(Number(way.dataset.chapter));
  }
  function leave(number) {
    if (!way) {
      way = document.createElement("nav");
      way.className = "rd-return";
      const button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", comeBack);
      way.append(button);
      document.querySelector(".gradio-container").append(way);
    }
    way.dataset.chapter = String(number);
    way.firstChild.textContent = back.replace("{number}", String(number));
    way.setAttribute("aria-label", learn);
    way.hidden = false;
  }
  document.addEventListener("click", event => {
    const door = event.target.closest && event.target.closest(".rd-lecture .chapter :is([data-tab], [data-user])");
    if (door && door.dataset.tab !== learn) leave(shown());
    else if (way) setTimeout(() => { if (lecture()?.getClientRects().length) way.hidden = true; });
  });

  document.addEventListener("click", event => {
    const pressed = event.target.closest && event.target.closest(".rd-lecture button");
    if (!pressed) return;
    if (pressed.dataset.chapter) open(Number(pressed.dataset.chapter));
    else if (pressed.matches(".flip")) flip(pressed);
    else if (pressed.matches(".print")) printHandout();
  });
  document.addEventListener("keydown", event => {
    const at = document.activeElement;
    if (!lecture() || !lecture().getClientRects().length || document.querySelector("dialog[open], .rd-tour")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (at !== document.body && !lecture().contains(at)) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !chapters()[shown() + step - 1]) return;
    event.preventDefault();
    open(shown() + step);
  });

  window.rdLecture = { asked, open, showHandout };
})();
