'use strict';
// Preloaded into jsii's Node process (see fast_bindings.py). It changes four files as they are
// compiled; one that does not look as expected is compiled as it is.
//
// - The index of the AWS bindings requires every module at once: here each
//   `exports.x = require("./x");` becomes a getter that requires on first use.
// - The CDK requires `archiver`, which packs assets, at once: here it does when it packs one.
// - The CDK records where each token is created, which is always in jsii's own Node code: here it
//   does not.
// - The CDK looks for tokens in every text and every name of an attribute, with several regular
//   expressions and a new context for each: here only if the text can contain one.

const fs = require('node:fs');
const Module = require('node:module');

// CDKTF's form, and CDK Terrain's: exports.x = __importStar(require("./x/index"));
const EXPORT = /^exports\.(\w+) = (require\("\.\/[\w-]+"\)|__importStar\(require\("\.\/[\w-]+\/index"\)\));$/;

function lazyExports(source) {
  const lines = source.split('\n').map((line) => {
    if (!line.includes('require(')) return line;
    const found = EXPORT.exec(line);
    if (!found) throw new Error('an export of an unknown form');
    const [, name, value] = found;
    return `Object.defineProperty(exports, "${name}", { enumerable: true, configurable: true, get: () => ${value} });`;
  });
  return lines.join('\n');
}

const lazyArchiver = (source) =>
  source.replace(/^const archiver = (require\("archiver"\));$/m, 'const archiver = (...options) => $1(...options);');

const noStackTraces = (source) => source.replace(/^function captureStackTrace\(below\) {$/m, '$& return [];');

// The markers of tokens in texts, the values that stand for maps, and the exponent of the numbers
// that stand for tokens, as JavaScript prints them.
function isPlain(value) {
  if (typeof value !== 'string') return value === undefined || value === null || typeof value === 'boolean';
  return !value.includes('TfToken[') && !value.includes('Map Token Value') && !value.includes('e+289');
}

const RESOLVE = [
  ['resolve(obj, options) {', 'resolve(obj, options) { if (isPlain(obj)) return obj;'],
  ['makeContext()[0].resolve(key)', 'isPlain(key) ? key : $&'],
  ['makeContext(key)[0].resolve(obj[key])', 'isPlain(obj[key]) ? obj[key] : $&'],
  ['makeContext(`${i}`)[0].resolve(x)', 'isPlain(x) ? x : $&'],
];

function plainTexts(source) {
  for (const [code, quicker] of RESOLVE) {
    if (source.split(code).length !== 2) throw new Error('a resolution of an unknown form');
    source = source.replace(code, quicker);
  }
  return `${source}\n${isPlain}`;
}

const CHANGES = [
  [/[\\/]@cdkt[fn][\\/]provider-aws[\\/]lib[\\/]index\.js$/, lazyExports],
  [/[\\/]cdkt[fn][\\/]lib[\\/]private[\\/]fs\.js$/, lazyArchiver],
  [/[\\/]cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/, noStackTraces],
  [/[\\/]cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]resolve\.js$/, plainTexts],
];

const compileJs = Module._extensions['.js'];

Module._extensions['.js'] = function (module, filename) {
  const change = CHANGES.find(([file]) => file.test(filename))?.[1];
  if (!change) return compileJs(module, filename);
  let source;
  try {
    source = change(fs.readFileSync(filename, 'utf8'));
  } catch {
    return compileJs(module, filename);
  }
  return module._compile(source, filename);
};
