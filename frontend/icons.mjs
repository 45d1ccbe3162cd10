// The icons of the pages: Tabler's names; `filled` ones become "<name>-filled" in the sprite.
export const outline = [
  "alert-triangle", "arrow-down", "arrow-left", "arrow-right", "arrow-up", "arrows-maximize", "arrows-sort", "bell",
  "bookmark", "bulb", "check", "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle-dashed",
  "circle-minus", "clock", "cloud", "cloud-computing", "code", "columns-3", "copy", "cpu", "database", "database-off",
  "dots", "download", "edit", "external-link", "eye", "eye-off", "file", "file-text", "files", "filter", "filter-off",
  "git-compare", "help-circle", "history", "hourglass", "info-circle", "key", "link", "list", "lock", "login-2",
  "logout", "menu-2", "message-2", "minus", "moon", "note", "pencil", "player-play", "plug-connected", "plug-connected-x",
  "plus", "refresh", "route", "search", "settings", "shield-lock", "square", "star", "sun", "sun-moon", "table",
  "table-off", "terminal-2", "text-wrap", "trash", "user", "users", "wand", "world", "x",
];
export const filled = [
  "alert-triangle", "circle-check", "circle-x", "info-circle", "player-play", "player-stop", "square", "star",
];
