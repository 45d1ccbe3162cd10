// Sends the upload form with a progress bar, also by drag and drop. Without it the same form posts plainly.
(() => {
  const GAP = "\u00a0";
  // Counts the enters and leaves of a drag over the form's children.
  let depth = 0;
  let running = null;

  const part = (form, name) => form.querySelector(`[data-upload-${name}]`);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)}${GAP}MB`;

  const say = (form, title, hint) => {
    const notice = document.createElement("div");
    notice.className = "ps-notice ps-notice-bad";
    const words = document.createElement("div");
    for (const [text, name] of [[title, "ps-notice-title"], [hint, ""]]) {
      const line = document.createElement("p");
      line.className = name;
      line.textContent = text;
      words.append(line);
    }
    notice.append(words);
    part(form, "error").replaceChildren(notice);
  };

  const settle = (form) => {
    running = null;
    part(form, "progress").hidden = true;
    part(form, "send").hidden = false;
  };

  const show = (form, sent, total) => {
    part(form, "progress").querySelector("progress").value = total ? sent / total : 0;
    // The last byte is sent before the portal has looked at the file.
    part(form, "text").textContent = sent < total ? `${megabytes(sent)} of ${megabytes(total)}` : "Looking at the file";
  };

  const arrived = (form, request) => {
    settle(form);
    if (new URL(request.responseURL || location.href, location.href).pathname === document.body.dataset.loginUrl) {
      window.pgspark.toLogin();
      return;
    }
    const address = request.getResponseHeader("HX-Redirect");
    if (request.status < 400 && address) {
      location.assign(address);
      return;
    }
    // The portal's own error card, escaped by its template; whole pages say nothing of the file.
    if (/^\s*<div/.test(request.responseText)) part(form, "error").innerHTML = request.responseText;
    else say(form, "The upload was refused.", "Reload the page and try again.");
  };

  const send = (form) => {
    const file = form.elements.namedItem("file").files[0];
    part(form, "error").replaceChildren();
    if (!file || running) return;
    if (file.size > Number(form.dataset.maxBytes)) {
      say(form, `The file is larger than ${form.dataset.maxMb}${GAP}MB.`, "Put it into S3 and pick it there, or leave out what the question does not need.");
      return;
    }
    const request = new XMLHttpRequest();
    running = request;
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", window.pgspark.csrfToken());
    request.upload.addEventListener("progress", (event) => show(form, event.loaded, event.total));
    request.addEventListener("load", () => arrived(form, request));
    request.addEventListener("abort", () => settle(form));
    request.addEventListener("error", () => {
      settle(form);
      say(form, "The upload broke off.", "Check the network and send the file again; nothing of it was kept.");
    });
    part(form, "progress").hidden = false;
    part(form, "send").hidden = true;
    show(form, 0, file.size);
    window.pgspark.announce(`Uploading ${file.name}`);
    request.send(new FormData(form));
  };

  const formOf = (event) => (event.target instanceof Element ? event.target.closest("form[data-upload]") : null);

  document.addEventListener("submit", (event) => {
    const form = formOf(event);
    if (!form) return;
    event.preventDefault();
    send(form);
  });

  document.addEventListener("change", (event) => {
    const form = formOf(event);
    if (form) send(form);
  });

  document.addEventListener("click", (event) => {
    if (running && event.target.closest("[data-upload-cancel]")) running.abort();
  });

  document.addEventListener("dragenter", (event) => {
    const form = formOf(event);
    if (!form) return;
    depth += 1;
    form.classList.add("ps-upload-over");
  });

  document.addEventListener("dragleave", (event) => {
    const form = formOf(event);
    if (!form) return;
    depth = Math.max(depth - 1, 0);
    form.classList.toggle("ps-upload-over", depth > 0);
  });

  document.addEventListener("dragover", (event) => {
    if (formOf(event)) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    const form = formOf(event);
    if (!form) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("ps-upload-over");
    if (!event.dataTransfer.files.length || running) return;
    form.elements.namedItem("file").files = event.dataTransfer.files;
    send(form);
  });

  // Leaving would break the upload off.
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
})();
