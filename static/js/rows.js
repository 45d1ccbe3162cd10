// The actions of a table stand once in a template; the row under the pointer or in focus gets them, with its own table.
(() => {
  const addActions = (event) => {
    const row = event.target.closest?.(".ps-row[data-table]");
    const template = document.getElementById("row-actions");
    if (!row || !template || row.querySelector(":scope > .ps-row-actions")) return;
    const actions = template.content.firstElementChild.cloneNode(true);
    const { connection, database, preview } = template.dataset;
    const { schema = template.dataset.schema, table } = row.dataset;
    const star = actions.querySelector("[data-star]");
    const starred = Boolean(row.querySelector("[data-starred]"));
    star.setAttribute("aria-pressed", String(starred));
    star.setAttribute("hx-vals", JSON.stringify({ connection, database, schema, name: table, on: starred ? "" : "1" }));
    const look = actions.querySelector("a");
    look.href = `${preview}?${new URLSearchParams({ connection, database, schema, table })}`;
    look.setAttribute("hx-get", look.getAttribute("href"));
    row.append(actions);
    window.htmx.process(actions);
  };

  // A star that was given or taken asks for a button that says so.
  const renew = (event) => {
    const actions = event.detail.elt.closest?.(".ps-row-actions");
    if (!event.detail.successful || !actions || !("star" in event.detail.elt.dataset)) return;
    const row = actions.parentElement;
    const hadFocus = actions.contains(document.activeElement);
    actions.remove();
    addActions({ target: row });
    if (hadFocus) row.querySelector("[data-star]")?.focus();
  };

  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, addActions);
  document.addEventListener("htmx:afterRequest", renew);
})();
