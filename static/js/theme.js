// Sets the theme before the first paint: the person's choice, else the system's. Loaded blocking, so it stays tiny.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  let chosen = null;
  try {
    chosen = localStorage.getItem("pgspark-theme");
  } catch {
    // Storage may be switched off; the system's choice is good enough then.
  }
  document.documentElement.dataset.bsTheme = chosen || (dark ? "dark" : "light");
  document.documentElement.classList.add("ps-js");
})();
