// Fixes for the keyboard and for screen readers in Gradio's controls (seen in 6.31).  Remove what Gradio fixes itself.
(() => {
  "use strict";
  let made = 0;

  // Each radio button has its own name, so arrow keys do nothing and every one is a Tab stop; and the group has no label.
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

  // A dropdown's list scrolls, so Tab moves into it, and the focus is lost when the list fades out.
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
    if (fields) group(fields); // an update from the server restores the old names
  }, true);

  // A new shopper changes half of the page silently, so a sentence announces it to screen readers.
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
      said.textContent = ""; // about the previous shopper, and may give away a purchase to be guessed
      later = setTimeout(() => { said.textContent = [...shown("#rd-who h3"), ...shown("#rd-next .verdict")].join(". "); }, 300);
    }).observe(next, { childList: true, subtree: true });
  }
  window.rdAccess = () => { groups(); watch(); };
})();
