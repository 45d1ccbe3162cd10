// What every page needs: htmx with CSRF and expired sessions, theme switch, menus, copy and dismiss buttons.
window.pgspark = window.pgspark || {};

(() => {
  const csrfToken = () => document.body.dataset.csrf;

  // What stands in a field with data-keep comes back after signing in again.
  const keepKey = (field) => `pgspark-keep ${location.pathname} ${field.name}`;

  const keepFields = () => {
    for (const field of document.querySelectorAll("[data-keep]")) sessionStorage.setItem(keepKey(field), field.value);
  };

  const restoreFields = () => {
    for (const field of document.querySelectorAll("[data-keep]")) {
      const kept = sessionStorage.getItem(keepKey(field));
      if (kept === null) continue;
      sessionStorage.removeItem(keepKey(field));
      field.value = kept;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const toLogin = () => {
    keepFields();
    const here = location.pathname + location.search;
    location.assign(`${document.body.dataset.loginUrl}?next=${encodeURIComponent(here)}`);
  };

  // A request of htmx follows a redirect to the login page by itself: the address of the answer tells.
  const isLoginPage = (address) =>
    Boolean(address) && new URL(address, location.href).pathname === document.body.dataset.loginUrl;

  const announce = (text) => {
    document.getElementById("announcer").textContent = text;
  };

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 401 && !isLoginPage(xhr.responseURL)) return;
    event.detail.shouldSwap = false;
    toLogin();
  });

  document.addEventListener("htmx:sendError", () => announce("The portal did not answer. Check the network and try again."));

  const switchTheme = () => {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("pgspark-theme", root.dataset.bsTheme);
    } catch {
      // Without storage the choice lasts for this page.
    }
  };

  const copy = async (button) => {
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    await navigator.clipboard.writeText(source ? (source.value ?? source.textContent) : button.dataset.copy);
    announce("Copied");
    const label = button.querySelector("span");
    if (!label) return;
    const before = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = before), 1500);
  };

  const togglePassword = (button) => {
    const field = document.getElementById(button.getAttribute("aria-controls"));
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };

  const fill = (button) => {
    const field = document.querySelector(button.dataset.fill);
    field.value = button.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    button.closest("details")?.removeAttribute("open");
  };

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const button = event.target.closest("button");
    if (!button) return;
    if ("themeSwitch" in button.dataset) switchTheme();
    else if ("dismiss" in button.dataset) button.closest(button.dataset.dismiss).remove();
    else if ("copy" in button.dataset || "copyFrom" in button.dataset) copy(button);
    else if ("showPassword" in button.dataset) togglePassword(button);
    else if ("fill" in button.dataset) fill(button);
  });

  // A drawer opens when something is put into it; Escape and its own form close it.
  document.addEventListener("htmx:afterSwap", (event) => {
    const drawer = event.target;
    if (drawer instanceof HTMLDialogElement && "drawer" in drawer.dataset && !drawer.open) drawer.showModal();
  });

  // A refused button stays focusable, so that its reason can be read, but does nothing.
  document.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest('[aria-disabled="true"]')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details[data-menu][open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  });

  document.addEventListener("DOMContentLoaded", restoreFields);

  window.pgspark.announce = announce;
  window.pgspark.csrfToken = csrfToken;
  window.pgspark.toLogin = toLogin;
})();
