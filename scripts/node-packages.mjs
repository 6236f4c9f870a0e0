// Pin and install the Node packages of tests/foreign.
//
//   node scripts/node-packages.mjs lock                 requirements/node.in → requirements/node.pins
//   node scripts/node-packages.mjs install FOLDER       requirements/node.pins → FOLDER/node_modules
//
// A line of node.pins contains the folder of a package, its version and the SHA-512 of its archive. npm only
// downloads the archives. An archive with another hash is not unpacked, and scripts in packages are not run.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const wanted = path.join(root, "requirements", "node.in");
const pinned = path.join(root, "requirements", "node.pins");
const AT_ONCE = 40;

function lines(file) {
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => line.split(" "));
}

function npm(folder, ...command) {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  execFileSync("npm", [...command, ...quiet], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

function temporary(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "node-packages-"));
  try {
    use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function lock() {
  const versions = Object.fromEntries(lines(wanted));
  // the versions in node.in also apply to the dependencies of other packages
  const overrides = Object.fromEntries(Object.keys(versions).map((name) => [name, `$${name}`]));
  temporary((folder) => {
    const manifest = { name: "foreign", version: "0.0.0", private: true, dependencies: versions, overrides };
    fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
    npm(folder, "install", "--package-lock-only");
    const { packages } = JSON.parse(fs.readFileSync(path.join(folder, "package-lock.json"), "utf8"));
    const rows = Object.entries(packages)
      .filter(([place]) => place)
      .map(([place, found]) => `${place} ${found.version} ${found.integrity}\n`);
    fs.writeFileSync(pinned, `# Made from node.in by scripts/lock.\n${rows.join("")}`);
  });
}

function nameOf(place) {
  return place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
}

function hashOf(file) {
  return `sha512-${createHash("sha512").update(fs.readFileSync(file)).digest("base64")}`;
}

function install(target) {
  const rows = lines(pinned);
  const named = [...new Set(rows.map(([place, version]) => `${nameOf(place)}@${version}`))];
  temporary((folder) => {
    for (let first = 0; first < named.length; first += AT_ONCE) {
      npm(folder, "pack", ...named.slice(first, first + AT_ONCE));
    }
    const archives = new Map();
    for (const entry of fs.readdirSync(folder, { recursive: true })) {
      if (entry.endsWith(".tgz")) archives.set(hashOf(path.join(folder, entry)), path.join(folder, entry));
    }
    const foreign = rows.filter(([, , hash]) => !archives.has(hash));
    if (foreign.length) throw new Error(`not as pinned: ${foreign.map(([place]) => nameOf(place)).join(", ")}`);
    fs.rmSync(path.join(target, "node_modules"), { recursive: true, force: true });
    for (const [place, , hash] of rows) {
      const to = path.join(target, place);
      fs.mkdirSync(to, { recursive: true });
      execFileSync("tar", ["-xzf", archives.get(hash), "-C", to, "--strip-components=1", "--no-same-owner"]);
    }
  });
}

const [command, folder] = process.argv.slice(2);
if (command === "lock") lock();
else if (command === "install" && folder) install(path.resolve(folder));
else throw new Error("lock, or install FOLDER");
