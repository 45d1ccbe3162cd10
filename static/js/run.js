// The run page and the history: polling that rests in hidden tabs, a log that follows politely, and an end one notices.
(() => {
  const FAVICONS = { SUCCEEDED: "#22935f", FAILED: "#d5323c", CANCELLED: "#868995" };
  const NEAR_THE_END = 40;

  const isPolling = (element) => element instanceof Element && element.matches("[data-poll]");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && isPolling(event.target)) event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll("[data-poll]")) htmx.trigger(element, "ps:resume");
  });

  // What is shown stays when an answer fails; the next poll tries again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isPolling(event.target) && event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
  });

  const showEnd = () => {
    const header = document.getElementById("run-header");
    const colour = header && FAVICONS[header.dataset.runState];
    const icon = document.querySelector('link[rel="icon"]');
    if (!colour || !icon || icon.dataset.state === header.dataset.runState) return;
    const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`;
    icon.dataset.state = header.dataset.runState;
    icon.href = `data:image/svg+xml,${encodeURIComponent(dot)}`;
    document.querySelector(".ps-run-close")?.remove();
  };

  // The log
  const log = () => document.getElementById("log");
  const isAtEnd = (view) => view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_THE_END;
  const lineCount = (view) => view.getElementsByClassName("ps-log-line").length;
  let before = { atEnd: true, lines: 0, unseen: 0, height: 0 };

  const toEnd = (view) => {
    view.scrollTop = view.scrollHeight;
    before.unseen = 0;
    tell(view);
  };

  const tell = (view) => {
    const pill = view.querySelector("[data-log-follow]");
    if (!pill) return;
    pill.hidden = before.unseen === 0;
    pill.firstElementChild.textContent = `${before.unseen} new line${before.unseen === 1 ? "" : "s"}`;
  };

  const remember = (view) => {
    before = { ...before, atEnd: isAtEnd(view), lines: lineCount(view), height: view.scrollHeight };
  };

  const follow = (view) => {
    const lines = lineCount(view);
    const added = lines - before.lines;
    if (!added) return;
    before.lines = lines;
    view.querySelector("[data-log-empty]")?.remove();
    if (before.atEnd) {
      toEnd(view);
      return;
    }
    before.unseen += added;
    tell(view);
  };

  const stay = (view) => {
    view.scrollTop += view.scrollHeight - before.height;
    before.height = view.scrollHeight;
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    const view = log();
    if (view?.contains(event.detail.target)) remember(view);
  });

  document.addEventListener("htmx:afterSettle", () => {
    showEnd();
  });

  // Comes once for each new line: the second time there is nothing left to do.
  document.addEventListener("htmx:afterSwap", (event) => {
    const view = log();
    const address = event.detail.pathInfo?.requestPath || "";
    if (!view || !address.includes("/log/")) return;
    // Earlier lines grow above the reader: what is being read stays where it is.
    if (address.includes("until=")) stay(view);
    else follow(view);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-log-follow]")) toEnd(log());
  });

  document.addEventListener("DOMContentLoaded", () => {
    showEnd();
    const view = log();
    if (!view) return;
    if (!location.hash) toEnd(view);
    view.addEventListener("scroll", () => {
      if (isAtEnd(view) && before.unseen) toEnd(view);
    });
  });
})();
