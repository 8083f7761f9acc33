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

# The stars belong to the review: another text in its place has none yet, a corrected one keeps them.  What the page fills in comes with its
# own.  (The framework's event for what is typed does not hear of what is pasted.)
REVIEW_CHANGED = """text => {
  const before = window.rdReview ?? '', now = text ?? '', shorter = Math.min(before.length, now.length);
  const filled = !document.activeElement?.closest('#rd-distil-text');
  let start = 0, end = 0;
  while (start < shorter && before[start] === now[start]) start++;
  while (end < shorter - start && before[before.length - 1 - end] === now[now.length - 1 - end]) end++;
  window.rdReview = now;
  return filled || !before || start + end > shorter / 2 ? {__type__: "update"} : 0;
}"""
