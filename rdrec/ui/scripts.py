"""The few lines that must run in the browser: the address of a view, and the moment at which the list of shoppers may change.

Gradio's dropdown fails if its entries become fewer while the list is open or fading away (6.31), and an answer to a search can
come at any time.  So what was found waits until the list is gone, and is dropped when a later search or choice overtook it.
"""

# assets/link.js keeps the address; other parameters (?__theme=dark) stay.
WRITE_URL = "(data, user, task) => window.rdLink.follow(data, user, task)"
REMEMBER = "(data, user, task) => window.rdLink.first(data, user, task)"

CHOSEN = """(data, user, task) => {
  if (user !== window.rdUser) window.rdSearch = (window.rdSearch || 0) + 1;
  return [data, user, task];
}"""

SHOW_FOUND = """async found => {
  const mine = window.rdSearch = (window.rdSearch || 0) + 1;
  while (document.querySelector("#rd-user [role=listbox]")) await new Promise(done => setTimeout(done, 20));
  return mine === window.rdSearch && found ? {__type__: "update", ...found} : {__type__: "update"};
}"""
