// Turns <textarea name="transform" data-editor> into a code editor and keeps both in step; without it the textarea posts.
// Its data: check-url, aliases (in the order of their colours), draft-key. Findings come as JSON from check-url.
(() => {
  const kit = window.pgspark.codemirror;
  const { tags } = kit;
  const editors = new WeakMap();

  const highlighting = kit.HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword], class: "ps-tok-keyword" },
    { tag: [tags.string, tags.special(tags.string)], class: "ps-tok-string" },
    { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.function(tags.definition(tags.variableName))], class: "ps-tok-function" },
    { tag: [tags.number, tags.bool, tags.null], class: "ps-tok-number" },
    { tag: tags.comment, class: "ps-tok-comment" },
  ]);

  // Aliases: the parameters of transform, each underlined in the colour of its source.
  const signature = /def\s+transform\s*\(([^)]*)\)/;

  const aliasMarks = (text, aliases) => {
    const found = signature.exec(text);
    if (!found) return kit.Decoration.none;
    const start = found.index + found[0].indexOf("(") + 1;
    const marks = aliases.flatMap((alias, index) => {
      const at = found[1].search(new RegExp(`(?<![\\w])${alias}(?![\\w])`));
      if (at < 0) return [];
      const mark = kit.Decoration.mark({ class: `ps-alias ps-source-${(index % 4) + 1}` });
      return [mark.range(start + at, start + at + alias.length)];
    });
    return kit.Decoration.set(marks, true);
  };

  const aliasField = (aliases) =>
    kit.StateField.define({
      create: (state) => aliasMarks(state.doc.toString(), aliases),
      update: (marks, change) => (change.docChanged ? aliasMarks(change.state.doc.toString(), aliases) : marks),
      provide: (field) => kit.EditorView.decorations.from(field),
    });

  // Findings
  const diagnostic = (state, finding) => {
    const line = state.doc.line(Math.min(Math.max(finding.line, 1), state.doc.lines));
    const from = Math.min(line.from + Math.max(finding.column, 0), line.to);
    return {
      from,
      to: Math.max(line.to, from),
      severity: finding.severity === "blocking" ? "error" : "warning",
      message: finding.hint ? `${finding.message} ${finding.hint}` : finding.message,
    };
  };

  const findingItem = (finding) => {
    const template = document.querySelector(`#findings template[data-severity="${finding.severity}"]`);
    const item = template.content.firstElementChild.cloneNode(true);
    const place = item.querySelector("[data-goto-line]");
    place.dataset.gotoLine = finding.line;
    place.textContent = `line ${finding.line}`;
    item.querySelector("[data-message]").textContent = finding.message;
    item.querySelector("[data-hint]").textContent = finding.hint;
    return item;
  };

  const refuse = (reason) => {
    const place = document.getElementById("run-reason");
    const button = document.getElementById("run-button");
    if (!place || !button) return;
    if (place.textContent !== reason) place.textContent = reason;
    button.classList.toggle("ps-btn-refused", Boolean(reason));
  };

  const showFindings = (findings) => {
    const blocking = findings.filter((finding) => finding.severity === "blocking").length;
    const list = document.querySelector("#findings [data-findings]");
    list?.replaceChildren(...findings.map(findingItem));
    document.getElementById("findings")?.toggleAttribute("hidden", !findings.length);
    for (const [name, count] of [["blocking", blocking], ["advisory", findings.length - blocking]]) {
      const place = document.querySelector(`[data-count="${name}"]`);
      if (!place) continue;
      place.textContent = `${count} ${name}`;
      place.closest("[data-some]").dataset.some = count ? "yes" : "no";
    }
    refuse(blocking ? `Fix ${blocking} blocking finding${blocking > 1 ? "s" : ""}` : "");
  };

  const ask = async (textarea, text) => {
    const body = new FormData();
    body.set("transform", text);
    body.set("version", document.querySelector('#code-panel [name="version"]')?.value || "");
    const headers = { "X-CSRFToken": window.pgspark.csrfToken(), Accept: "application/json" };
    const answer = await fetch(textarea.dataset.checkUrl, { method: "POST", body, headers });
    if (answer.redirected) window.pgspark.toLogin();
    if (!answer.ok || answer.redirected) return null;
    return (await answer.json()).findings;
  };

  const checker = (textarea) => async (view) => {
    const text = view.state.doc.toString();
    if (!text.trim()) return [];
    // A check that does not come back leaves the last findings; Run checks again on the server in any case.
    const findings = await ask(textarea, text).catch(() => null);
    if (!findings || !view.dom.isConnected || text !== view.state.doc.toString()) return [];
    showFindings(findings);
    return findings.map((finding) => diagnostic(view.state, finding));
  };

  // Unsaved text survives a reload: it is kept for this tab under the version it was made from.
  const keep = (textarea) => {
    const dirty = textarea.value !== textarea.defaultValue;
    textarea.closest("#code-panel")?.classList.toggle("ps-dirty", dirty);
    if (dirty) sessionStorage.setItem(textarea.dataset.draftKey, textarea.value);
    else sessionStorage.removeItem(textarea.dataset.draftKey);
  };

  const startText = (textarea) => {
    if (textarea.readOnly) return textarea.value;
    return sessionStorage.getItem(textarea.dataset.draftKey) ?? textarea.value;
  };

  const indent = {
    key: "Tab",
    run: (view) => {
      if (!view.state.selection.main.empty) return kit.indentMore(view);
      view.dispatch(view.state.replaceSelection(view.state.facet(kit.indentUnit)));
      return true;
    },
    shift: kit.indentLess,
  };

  const extensions = (textarea) => [
    kit.lineNumbers(),
    kit.lintGutter(),
    kit.history(),
    kit.highlightActiveLine(),
    kit.highlightActiveLineGutter(),
    kit.bracketMatching(),
    kit.closeBrackets(),
    kit.indentOnInput(),
    kit.autocompletion(),
    kit.highlightSelectionMatches(),
    kit.indentUnit.of("    "),
    kit.python(),
    kit.syntaxHighlighting(highlighting),
    aliasField(textarea.dataset.aliases.split(" ").filter(Boolean)),
    kit.keymap.of([
      ...kit.closeBracketsKeymap,
      ...kit.completionKeymap,
      ...kit.searchKeymap,
      ...kit.historyKeymap,
      indent,
      ...kit.defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
    ]),
    kit.EditorState.readOnly.of(textarea.readOnly),
    kit.EditorView.contentAttributes.of({ "aria-label": "Code of transform", "aria-describedby": "editor-keys" }),
    kit.EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      textarea.value = update.state.doc.toString();
      keep(textarea);
    }),
    ...(textarea.dataset.checkUrl ? [kit.linter(checker(textarea), { delay: 250 })] : []),
  ];

  const build = (textarea) => {
    if (editors.has(textarea)) return;
    textarea.value = startText(textarea);
    const view = new kit.EditorView({ doc: textarea.value, extensions: extensions(textarea) });
    editors.set(textarea, view);
    textarea.before(view.dom);
    textarea.hidden = true;
    if (!textarea.readOnly) keep(textarea);
  };

  const foldNotes = () => {
    if (!matchMedia("(max-width: 767px)").matches) return;
    for (const note of document.querySelectorAll("#notes details:not(#findings)")) note.open = false;
  };

  const start = () => {
    for (const textarea of document.querySelectorAll("textarea[data-editor]")) build(textarea);
    const panel = document.getElementById("code-panel");
    // A fresh panel says whether it can run; typed text is judged by its own check.
    if (panel && panel.dataset.told === undefined) {
      panel.dataset.told = "";
      refuse(panel.dataset.runReason || "");
      foldNotes();
    }
  };

  const goTo = (number) => {
    const textarea = document.querySelector("textarea[data-editor]");
    const view = textarea && editors.get(textarea);
    if (!view) return;
    const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
    view.dispatch({ selection: { anchor: line.from }, effects: kit.EditorView.scrollIntoView(line.from, { y: "center" }) });
    view.focus();
  };

  const show = (button) => {
    const panel = document.getElementById("code-panel");
    panel.dataset.show = button.dataset.show;
    for (const other of panel.querySelectorAll("button[data-show]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  };

  const undo = () => {
    const textarea = document.querySelector("textarea[data-editor]");
    const view = editors.get(textarea);
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: textarea.defaultValue } });
    view.focus();
  };

  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-goto-line]");
    const segment = event.target.closest("#code-panel button[data-show]");
    if (place) {
      event.preventDefault();
      goTo(Number(place.dataset.gotoLine));
    } else if (segment) show(segment);
    else if (event.target.closest("[data-undo-edit]")) undo();
  });

  // What was sent and kept on the server is no draft any more.
  document.addEventListener("htmx:afterRequest", (event) => {
    const textarea = document.querySelector("textarea[data-editor]");
    const sent = event.detail.successful && event.detail.requestConfig.verb === "post" && "transform" in event.detail.requestConfig.parameters;
    if (sent && textarea) sessionStorage.removeItem(textarea.dataset.draftKey);
  });

  document.addEventListener("htmx:afterSettle", start);
  start();
})();
