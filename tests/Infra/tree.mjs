import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser } from 'web-tree-sitter';

// V8 would spend half a minute on making the PowerShell grammar fast, for two scripts.
setFlagsFromString('--liftoff-only');

const { resolve } = createRequire(import.meta.url);
await Parser.init();

/** @returns a function from a text to the root of its syntax tree. */
export async function parserFor(grammar) {
  const parser = new Parser();
  parser.setLanguage(await Language.load(resolve(`tree-sitter-${grammar}/tree-sitter-${grammar}.wasm`)));
  return text => parser.parse(text).rootNode;
}

/** What makes no sense in a text. */
export function errorsIn(root) {
  return [...descendants(root)].filter(node => node.isError || node.isMissing).map(describeError);
}

export function* descendants(node) {
  yield node;
  for (const child of node.children) yield* descendants(child);
}

function describeError(node) {
  const what = node.isMissing ? `${node.type} is missing` : `cannot make sense of ${JSON.stringify(node.text.slice(0, 60))}`;
  return `line ${node.startPosition.row + 1}: ${what}`;
}
