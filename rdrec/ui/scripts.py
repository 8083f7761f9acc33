"""Scripts for the browser: they write the view's address, update the list of shoppers, and reset the stars of a changed review.

Gradio's dropdown fails if its entries become fewer while the list is open or fading out (seen in 6.31), and search results can arrive at
any time.  So results wait until the list is closed, and are dropped after a later search or choice.
"""

# assets/link.js writes the address and leaves other parameters (?__theme=dark) alone.
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

# A text that replaces the review resets the stars; an edited review keeps them, and a review filled in by the page brings its own.
# (Gradio's `input` event does not fire for pasted text.)
REVIEW_CHANGED = """text => {
  const before = window.rdReview ?? '', now = text ?? '', shorter = Math.min(before.length, now.length);
  const filled = !document.activeElement?.closest('#rd-distil-text');
  let start = 0, end = 0;
  while (start < shorter && before[start] === now[start]) start++;
  while (end < shorter - start && before[before.length - 1 - end] === now[now.length - 1 - end]) end++;
  window.rdReview = now;
  return filled || !before || start + end > shorter / 2 ? {__type__: "update"} : 0;
}"""
