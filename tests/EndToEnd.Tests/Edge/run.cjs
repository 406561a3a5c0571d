// Runs a module of an edge worker in workerd, sends it one request, and prints the answer. Usage: node run.cjs <module>; the worker gets
// ADDRESS and KEY from the environment.
const { readFileSync } = require("node:fs");
const { Miniflare } = require("miniflare");

const [module_] = process.argv.slice(2);
const { ADDRESS, KEY } = process.env;

(async () => {
  const worker = new Miniflare({
    modules: true,
    script: readFileSync(module_, "utf8"),
    compatibilityDate: "2026-04-01",
    bindings: { ADDRESS, KEY },
  });
  try {
    const answer = await worker.dispatchFetch("http://worker.test/");
    console.log(await answer.text());
    process.exitCode = answer.ok ? 0 : 1;
  } finally {
    await worker.dispose();
  }
})();
