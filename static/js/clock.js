// Keeps times true: <time data-elapsed-from> ticks each second, <time data-ago> is renewed each half minute.
(() => {
  const GAP = "\u00a0";

  const elapsed = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(whole / 60);
    if (!minutes) return `${whole}${GAP}s`;
    if (minutes < 60) return `${minutes}${GAP}min ${whole % 60}${GAP}s`;
    return `${Math.floor(minutes / 60)}${GAP}h ${minutes % 60}${GAP}min`;
  };

  const pad = (part) => String(part).padStart(2, "0");
  const hour = (moment) => `${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);

  const ago = (moment, now) => {
    const seconds = (now - moment) / 1000;
    if (seconds < 60) return "just now";
    if (seconds < 3600) return `${Math.floor(seconds / 60)}${GAP}min ago`;
    const days = Math.round((midnight(now) - midnight(moment)) / 86400000);
    if (days === 0) return hour(moment);
    if (days === 1) return `yesterday ${hour(moment)}`;
    return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())} ${hour(moment)}`;
  };

  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const tick = () => {
    for (const element of document.querySelectorAll("time[data-elapsed-from]")) {
      write(element, elapsed((Date.now() - Date.parse(element.dataset.elapsedFrom)) / 1000));
    }
  };

  const renew = () => {
    for (const element of document.querySelectorAll("time[data-ago]")) {
      write(element, ago(new Date(element.getAttribute("datetime")), new Date()));
    }
  };

  setInterval(tick, 1000);
  setInterval(renew, 30000);
  renew();
  document.addEventListener("htmx:afterSettle", renew);
})();
