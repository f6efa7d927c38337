// Prints what the public AsyncAPI parser says of a document: node validate.cjs <file>
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

async function main() {
  const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
  const errors = diagnostics
    .filter((found) => found.severity === 0)
    .map((found) => `${found.path.join(".")}: ${found.message}`);
  const warnings = diagnostics.filter((found) => found.severity === 1).map((found) => found.message);
  console.log(
    JSON.stringify({ version: document?.version(), channels: document?.channels().length, errors, warnings }),
  );
}

main();
