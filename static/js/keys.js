// Ctrl/Cmd+Enter presses the primary button of the zone in focus; `/` focuses the page's search.
// A zone is an element with data-zone, whose value selects its primary button; empty means the [data-primary] in it.
(() => {
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable=true]");

  const pressPrimary = (event) => {
    const zone = event.target.closest("[data-zone]");
    const primary = zone?.dataset.zone
      ? document.querySelector(zone.dataset.zone)
      : (zone || document).querySelector("[data-primary]");
    if (!primary) return;
    event.preventDefault();
    event.stopPropagation();
    primary.click();
  };

  const focusSearch = (event) => {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  };

  // While capturing, so that the editor does not take the key first.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) pressPrimary(event);
      else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) focusSearch(event);
    },
    true,
  );
})();
