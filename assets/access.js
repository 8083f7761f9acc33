// What the framework's own controls lack for the keyboard and for screen readers (seen in gradio 6.31).  Remove what it mends itself.
(() => {
  "use strict";
  let made = 0;

  // Every radio button has a name of its own, so arrow keys do nothing and each one is a stop of Tab; and its group has no name.
  function group(fields) {
    const radios = [...fields.querySelectorAll("input[type=radio]")], words = fields.querySelector("[data-testid=block-info]");
    if (!radios.length) return;
    fields.dataset.group ||= `rd-group-${++made}`;
    for (const one of radios) if (one.name !== fields.dataset.group) one.name = fields.dataset.group;
    if (!words) return;
    words.id ||= `${fields.dataset.group}-name`;
    fields.setAttribute("role", "radiogroup");
    fields.setAttribute("aria-labelledby", words.id);
  }
  const groups = () => document.querySelectorAll("fieldset.block").forEach(group);

  // The list of a dropdown scrolls, so Tab goes into it, and is lost when it fades away.
  function leave(combobox) {
    for (const list of combobox.closest(".block").querySelectorAll(".options, [role=listbox]")) list.tabIndex = -1;
  }

  document.addEventListener("focusin", event => {
    const fields = event.target.closest("fieldset.block");
    if (fields) group(fields);
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Tab" && event.target.matches("[role=combobox]")) leave(event.target);
    const fields = event.target.closest("fieldset.block");
    if (fields) group(fields); // an answer of the server brings the old names back
  }, true);

  // Another shopper changes half of the page in silence: one sentence says so to those who do not see it.
  function watch() {
    const next = document.getElementById("rd-next"), main = document.querySelector(".gradio-container main");
    if (!next || !main || main.querySelector(".rd-said")) return;
    const said = document.createElement("p");
    said.className = "rd-said";
    said.setAttribute("role", "status");
    main.append(said);
    const shown = selector => [...document.querySelectorAll(selector)].filter(it => it.getClientRects().length).map(it => it.innerText);
    let later = 0;
    new MutationObserver(() => {
      clearTimeout(later);
      said.textContent = ""; // of the shopper before: with the truth, which may have to be guessed now
      later = setTimeout(() => { said.textContent = [...shown("#rd-who h3"), ...shown("#rd-next .verdict")].join(". "); }, 300);
    }).observe(next, { childList: true, subtree: true });
  }
  window.rdAccess = () => { groups(); watch(); };
})();
