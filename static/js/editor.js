// A code editor over every <textarea data-editor>. The textarea stays the form's field and is kept in step.
(() => {
  const cm = window.pgspark.codemirror;
  const CHECK_DELAY = 250;

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
    return answer.ok ? (await answer.json()).findings : null;
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
    card.querySelector("[data-finding-list]").replaceChildren(...items);
  };

  const linting = (textarea) =>
    cm.linter(
      async (view) => {
        const findings = await check(textarea, view.state.doc);
        if (!findings) return [];
        showFindings(textarea.closest(".ps-editor-card"), findings);
        return findings.map((finding) => ({
          ...positionOf(view.state.doc, finding),
          severity: finding.severity === "blocking" ? "error" : "warning",
          message: `${finding.message} ${finding.hint}`,
        }));
      },
      { delay: CHECK_DELAY },
    );

  // Tab indents; Escape first lets the next Tab leave the editor, which the label tells.
  const leaving = () => {
    let free = false;
    return [
      { key: "Escape", run: () => { free = true; return false; } },
      { key: "Tab", run: (view) => { if (free) { free = false; return false; } return cm.insertTab(view); }, shift: (view) => (free ? false : cm.indentLess(view)) },
    ];
  };

  const enhance = (textarea) => {
    const aliases = textarea.dataset.aliases.split(" ").filter(Boolean);
    const editable = !textarea.readOnly;
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
        cm.keymap.of([...leaving(), ...cm.closeBracketsKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
        cm.EditorView.contentAttributes.of({ "aria-label": textarea.labels[0].textContent }),
        cm.EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString();
        }),
      ],
    });
    textarea.after(view.dom);
    textarea.hidden = true;
  };

  const enhanceAll = (root) => {
    for (const textarea of root.querySelectorAll("textarea[data-editor]:not([hidden])")) enhance(textarea);
  };

  document.addEventListener("htmx:load", (event) => enhanceAll(event.detail.elt.parentElement || event.detail.elt));
  enhanceAll(document);
})();
