'use strict';
// Preloaded into jsii's Node process (see fast_bindings.py). It changes some files as they are
// compiled; one that does not look as expected is compiled as it is.
//
// - The index of the AWS bindings requires every module at once: here each
//   `exports.x = require("./x");` becomes a getter that requires on first use.
// - The CDK requires `archiver`, which packs assets, and `semver`, which compares versions of
//   terraform, at once: here it does when it uses them.
// - The CDK records where each token is created, which is always in jsii's own Node code: here it
//   does not.
// - The CDK looks for tokens in every text and every name of an attribute, with several regular
//   expressions and a new context for each: here only if the text can contain one.
// - The CDK resolves the tokens of a stack three times: first to find references to other stacks,
//   and at last once more what it has resolved already. Here it does neither if there is no other
//   stack, and if no override can contain a token.
// - The CDK turns the same names of arguments into Terraform's for each resource: here once.
// - jsii writes each answer at once, which wakes two processes: here it does before it waits for the
//   next request. Its program also does some work for nothing (`quickerProgram`).
// - Node reads the maps of the TypeScript sources, most of each file: here they are left out.

const fs = require('node:fs');
const Module = require('node:module');

const PROGRAM = /[\\/]lib[\\/]program\.js$/; // jsii's

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

const lazySemver = (source) =>
  source.replace(
    /^const semver = (require\("semver"\));$/m,
    'const semver = { satisfies: (...options) => $1.satisfies(...options) };',
  );

function hasOtherStacks(stack) {
  return stack.node.root.node.findAll().some((each) => each !== stack && TerraformStack.isStack(each));
}

function isPlainDeep(value) {
  if (typeof value !== 'object' || value === null) return isPlain(value);
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.entries(value).flat().every(isPlainDeep);
}

function resolveOnce(source) {
  source = source.replace('terraformElements(this).forEach((e) => ', 'if (hasOtherStacks(this)) $&');
  source = source.replace(
    /return (\(0, _tokens_1\.resolve\)\(this, tf\));/,
    'return isPlainDeep(this.rawOverrides) ? tf : $1;',
  );
  return [source, hasOtherStacks, isPlain, isPlainDeep].join('\n');
}

function snakeCase(text) {
  if (typeof text !== 'string') return newSnakeCase(text);
  if (!snakeCases.has(text)) snakeCases.set(text, newSnakeCase(text));
  return snakeCases.get(text);
}

const snakeCaseOnce = (source) =>
  source.replace(
    /^function snakeCase\(str\) {$/m,
    `const snakeCases = new Map();\n${snakeCase}\nfunction newSnakeCase(str) {`,
  );

// jsii's program makes the message of an error before it knows whether there is one, and reads the
// archive of the bindings, 37 MB, in small pieces to compute its hash.
const quickerProgram = (source) =>
  source
    .replace(/\(null!=(\w+),(`Kernel error: expected type information, got \$\{[^{}`]*\}`)\)/, '(null!=$1,null!=$1||$2)')
    .replace('Buffer.alloc(16384)', 'Buffer.alloc(1048576)');

const CHANGES = [
  [/[\\/]@cdkt[fn][\\/]provider-aws[\\/]lib[\\/]index\.js$/, lazyExports],
  [/[\\/]cdkt[fn][\\/]lib[\\/]private[\\/]fs\.js$/, lazyArchiver],
  [/[\\/]cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/, noStackTraces],
  [/[\\/]cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]resolve\.js$/, plainTexts],
  [/[\\/]cdkt[fn][\\/]lib[\\/]validations[\\/]validate-binary-version\.js$/, lazySemver],
  [/[\\/]cdkt[fn][\\/]lib[\\/]terraform-stack\.js$/, resolveOnce],
  [/[\\/]cdkt[fn][\\/]lib[\\/]util\.js$/, snakeCaseOnce],
  [PROGRAM, quickerProgram],
  [/[\\/](@cdkt[fn][\\/]provider-aws|cdkt[fn]|constructs)[\\/]lib[\\/].+\.js$/, (source) => source],
];

// A map of the TypeScript source is a comment, several times as long as the code.
function withoutMap(source) {
  const start = source.lastIndexOf('\n//# sourceMappingURL=');
  return start < 0 || source.indexOf('\n', start + 1) >= 0 ? source : source.slice(0, start);
}

const compileJs = Module._extensions['.js'];

Module._extensions['.js'] = function (module, filename) {
  const change = CHANGES.find(([file]) => file.test(filename))?.[1];
  if (!change) return compileJs(module, filename);
  let source;
  try {
    source = change(withoutMap(fs.readFileSync(filename, 'utf8')));
  } catch {
    return compileJs(module, filename);
  }
  return module._compile(source, filename);
};

// jsii's program reads requests from this file descriptor, and writes its answers to it.
const API = 3;

function answerBeforeReading() {
  const { readSync, writeSync } = fs;
  const answers = [];
  const idle = new Int32Array(new SharedArrayBuffer(4));
  function answer() {
    let data = Buffer.concat(answers.splice(0));
    while (data.length) {
      try {
        data = data.subarray(writeSync(API, data));
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        Atomics.wait(idle, 0, 0, 1); // until there is room for more
      }
    }
  }
  fs.writeSync = (fd, data, offset = 0, ...rest) => {
    if (fd !== API || !Buffer.isBuffer(data) || rest.length) return writeSync(fd, data, offset, ...rest);
    answers.push(data.subarray(offset));
    return data.length - offset;
  };
  fs.readSync = (fd, ...rest) => {
    if (fd === API) answer();
    return readSync(fd, ...rest);
  };
  process.once('exit', answer);
}

if (PROGRAM.test(process.argv[1])) answerBeforeReading();
