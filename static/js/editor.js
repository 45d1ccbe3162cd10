// A code editor over every <textarea data-editor>. The textarea stays the form's field and is kept in step.
(() => {
  const cm = window.pgspark.codemirror;
  const CHECK_DELAY = 250;
  // Spark gets warm once in a while; until then a check is the policy's alone.
  const WARMING_DELAY = 2000;

  const colours = cm.HighlightStyle.define([
    { tag: [cm.tags.keyword, cm.tags.operatorKeyword, cm.tags.controlKeyword, cm.tags.definitionKeyword], color: "var(--ps-code-keyword)" },
    { tag: [cm.tags.string, cm.tags.docString], color: "var(--ps-code-string)" },
    { tag: [cm.tags.function(cm.tags.variableName), cm.tags.function(cm.tags.propertyName)], color: "var(--ps-code-function)" },
    { tag: [cm.tags.number, cm.tags.bool, cm.tags.null], color: "var(--ps-code-number)" },
    { tag: cm.tags.comment, color: "var(--ps-code-comment)" },
  ]);

  // Each source's name is underlined in the colour of its chip.
  const aliasMarks = (aliases) => {
    if (!aliases.length) return [];
    const pattern = new RegExp(`\\b(${aliases.join("|")})\\b`, "g");
    const marks = aliases.map((_, index) => cm.Decoration.mark({ class: `ps-alias ps-source-${(index % 4) + 1}` }));
    const build = (view) => {
      const builder = new cm.RangeSetBuilder();
      for (let number = 1; number <= view.state.doc.lines; number += 1) {
        const current = view.state.doc.line(number);
        if (!current.text.startsWith("def transform(")) continue;
        for (const match of current.text.matchAll(pattern)) {
          const from = current.from + match.index;
          builder.add(from, from + match[0].length, marks[aliases.indexOf(match[1])]);
        }
      }
      return builder.finish();
    };
    return cm.ViewPlugin.define(
      (view) => ({
        decorations: build(view),
        update(change) {
          if (change.docChanged) this.decorations = build(change.view);
        },
      }),
      { decorations: (plugin) => plugin.decorations },
    );
  };

  const positionOf = (doc, finding) => {
    const line = doc.line(Math.min(Math.max(finding.line, 1), doc.lines));
    const from = Math.min(line.from + finding.column, line.to);
    const word = /^[\w.]+/.exec(doc.sliceString(from, line.to));
    return { from, to: Math.max(from + (word ? word[0].length : 1), from) };
  };

  const check = async (textarea, doc) => {
    const answer = await fetch(textarea.dataset.checkUrl, {
      method: "POST",
      headers: { "X-CSRFToken": window.pgspark.csrfToken() },
      body: new URLSearchParams({ transform: doc.toString() }),
    });
    if (answer.redirected) return window.pgspark.toLogin();
    return answer.ok ? answer.json() : null;
  };

  const icon = (name, mark, label) => {
    const sprite = document.querySelector(".ps-icon use").getAttribute("href").split("#")[0];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", `ps-icon ps-icon-14 ${mark}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  };

  const showFindings = (card, findings) => {
    const blocking = findings.filter((finding) => finding.severity === "blocking").length;
    card.querySelector("[data-findings]").classList.toggle("ps-blocked", blocking > 0);
    card.querySelector("[data-blocking]").textContent = blocking;
    card.querySelector("[data-advisory]").textContent = findings.length - blocking;
    const items = findings.map((finding) => {
      const item = document.createElement("li");
      const mark = finding.severity === "blocking" ? icon("circle-x-filled", "ps-mark-bad", "Blocking") : icon("alert-triangle", "ps-mark-warn", "Advisory");
      const line = document.createElement("b");
      line.textContent = `Line ${finding.line}`;
      const hint = document.createElement("span");
      hint.className = "ps-muted";
      hint.textContent = finding.hint;
      item.append(mark, " ", line, ` ${finding.message} `, hint);
      return item;
    });
    const list = card.querySelector("[data-finding-list]");
    list.replaceChildren(...items);
    list.tabIndex = items.length ? 0 : -1; // it scrolls when it is long
  };

  const linting = (textarea) => {
    let again = false;
    const checkAgain = (view) => {
      again = view.dom.isConnected;
      if (again) view.dispatch({});
    };
    return cm.linter(
      async (view) => {
        const { doc } = view.state;
        // A check that does not come back marks nothing; Run checks again in any case.
        const answer = await check(textarea, doc).catch(() => null);
        if (!answer || doc !== view.state.doc || !view.dom.isConnected) return [];
        if (answer.rehearsal === "starting") setTimeout(checkAgain, WARMING_DELAY, view);
        const { findings } = answer;
        showFindings(textarea.closest(".ps-editor-card"), findings);
        return findings.map((finding) => ({
          ...positionOf(view.state.doc, finding),
          severity: finding.severity === "blocking" ? "error" : "warning",
          message: `${finding.message} ${finding.hint}`,
        }));
      },
      {
        delay: CHECK_DELAY,
        needsRefresh: () => {
          const asked = again;
          again = false;
          return asked;
        },
      },
    );
  };

  // Tab indents by spaces; after Escape, whatever else that closed, the next Tab leaves. The label tells.
  const escaping = cm.EditorView.domEventObservers({
    keydown: (event, view) => {
      if (event.key === "Escape") view.setTabFocusMode(2000);
    },
  });

  const indent = {
    key: "Tab",
    run: (view) => {
      if (!view.state.selection.main.empty) return cm.indentMore(view);
      view.dispatch(view.state.replaceSelection(view.state.facet(cm.indentUnit)), { scrollIntoView: true });
      return true;
    },
    shift: cm.indentLess,
  };

  // Unsaved text survives a reload: this tab keeps it under the version that it was made from.
  const draftKey = (textarea) => {
    const version = textarea.form?.elements.namedItem("version");
    return `pgspark-code ${location.pathname} ${version ? version.value : "new"}`;
  };

  const keepDraft = (textarea) => {
    if (textarea.value === textarea.defaultValue) sessionStorage.removeItem(draftKey(textarea));
    else sessionStorage.setItem(draftKey(textarea), textarea.value);
  };

  // What was sent is a version of its own now: the request went well, or its answer shows another version.
  const forgetDraft = ({ detail }) => {
    const { verb, parameters } = detail.requestConfig;
    if (verb !== "post" || parameters.transform === undefined) return;
    const sent = parameters.version || "new";
    const shown = document.querySelector("#code-form [name=version]")?.value || "new";
    if (detail.successful || shown !== sent) sessionStorage.removeItem(`pgspark-code ${location.pathname} ${sent}`);
  };
  document.addEventListener("htmx:afterRequest", forgetDraft);
  document.addEventListener("htmx:afterSettle", forgetDraft);

  // A failed run leads to the line that it failed at: ?line=5. Once, for what is loaded later is other code.
  let askedLine = Number(new URLSearchParams(location.search).get("line"));
  const showAskedLine = (view) => {
    const number = askedLine;
    askedLine = 0;
    if (!(number >= 1 && number <= view.state.doc.lines)) return;
    const { from } = view.state.doc.line(number);
    view.dispatch({ selection: { anchor: from }, effects: cm.EditorView.scrollIntoView(from, { y: "center" }) });
    view.focus();
  };

  const enhance = (textarea) => {
    const aliases = textarea.dataset.aliases.split(" ").filter(Boolean);
    const editable = !textarea.readOnly;
    if (editable) textarea.value = sessionStorage.getItem(draftKey(textarea)) ?? textarea.value;
    const view = new cm.EditorView({
      doc: textarea.value,
      extensions: [
        cm.lineNumbers(),
        editable ? [cm.lintGutter(), linting(textarea), cm.history(), cm.closeBrackets(), cm.indentOnInput()] : cm.EditorState.readOnly.of(true),
        cm.highlightActiveLine(),
        cm.highlightActiveLineGutter(),
        cm.bracketMatching(),
        cm.highlightSelectionMatches(),
        cm.python(),
        cm.indentUnit.of("    "),
        cm.syntaxHighlighting(colours),
        aliasMarks(aliases),
        cm.autocompletion(),
        escaping,
        cm.keymap.of([...cm.closeBracketsKeymap, ...cm.completionKeymap, indent, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
        cm.EditorView.contentAttributes.of({ "aria-label": textarea.labels[0].textContent, tabindex: "0" }),
        cm.EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          textarea.value = update.state.doc.toString();
          keepDraft(textarea);
        }),
      ],
    });
    textarea.after(view.dom);
    textarea.hidden = true;
    showAskedLine(view);
  };

  const enhanceAll = (root) => {
    for (const textarea of root.querySelectorAll("textarea[data-editor]:not([hidden])")) enhance(textarea);
  };

  document.addEventListener("htmx:load", (event) => enhanceAll(event.detail.elt.parentElement || event.detail.elt));
  enhanceAll(document);
})();
