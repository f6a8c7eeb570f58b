#!/usr/bin/env bash
# Fetches the chart libraries that a report carries inside it (Vega, Vega-Lite, Vega-Embed), with the licences of all that they
# bundle, into src/neomag/cohort/report/static/. Needs npm. The versions are pinned here; a file that does not have the sum in
# SHA256SUMS stops the script, unless it is called with `--new` after a version was changed.
set -euo pipefail
cd "$(dirname "$0")/.."
VEGA=6.4.0 VEGA_LITE=6.4.3 VEGA_EMBED=7.3.0
static=$PWD/src/neomag/cohort/report/static
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
echo '{"private": true}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund "vega@$VEGA" "vega-lite@$VEGA_LITE" "vega-embed@$VEGA_EMBED"
for name in vega vega-lite vega-embed; do
  # A report has no other file beside it: the line that points to a source map would only make browsers look for one.
  sed '/^\/\/# sourceMappingURL=/d' "node_modules/$name/build/$name.min.js" > "$static/$name.min.js"
done

# Each licence text once, above it the packages that carry it.
node - > "$static/LICENCES.txt" <<'JS'
const fs = require("fs"), path = require("path");
const texts = new Map();
const folders = fs.readdirSync("node_modules").filter((n) => !n.startsWith(".")).sort()
  .flatMap((n) => (n.startsWith("@") ? fs.readdirSync(`node_modules/${n}`).map((m) => `${n}/${m}`) : [n]));
for (const name of folders) {
  const about = JSON.parse(fs.readFileSync(path.join("node_modules", name, "package.json"), "utf8"));
  const file = fs.readdirSync(path.join("node_modules", name)).find((f) => /^licen[cs]e/i.test(f));
  const text = file ? fs.readFileSync(path.join("node_modules", name, file), "utf8").trim() : `(${about.license}, no text in the package)`;
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${about.version} (${about.license})`]);
}
for (const [text, names] of texts) console.log(`${names.join("\n")}\n\n${text}\n\n${"-".repeat(72)}\n`);
JS

cd "$static"
if [[ ${1:-} == --new ]]; then sha256sum -- *.min.js > SHA256SUMS; fi
sha256sum --check --quiet SHA256SUMS
