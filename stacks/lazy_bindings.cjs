'use strict';
// Preloaded into jsii's Node process (see fast_bindings.py). The index of the AWS bindings requires
// every module at once; here each `exports.x = require("./x");` becomes a getter that requires on
// first use. If a line that requires anything looks different, the file is compiled as it is.

const fs = require('node:fs');
const Module = require('node:module');

const INDEX = /[\\/]@cdkt[fn][\\/]provider-aws[\\/]lib[\\/]index\.js$/;
// CDKTF's form, and CDK Terrain's: exports.x = __importStar(require("./x/index"));
const EXPORT = /^exports\.(\w+) = (require\("\.\/[\w-]+"\)|__importStar\(require\("\.\/[\w-]+\/index"\)\));$/;

const compileJs = Module._extensions['.js'];

function lazily(source) {
  const lines = source.split('\n').map((line) => {
    if (!line.includes('require(')) return line;
    const found = EXPORT.exec(line);
    if (!found) throw new Error('an export of an unknown form');
    const [, name, value] = found;
    return `Object.defineProperty(exports, "${name}", { enumerable: true, configurable: true, get: () => ${value} });`;
  });
  return lines.join('\n');
}

Module._extensions['.js'] = function (module, filename) {
  if (!INDEX.test(filename)) return compileJs(module, filename);
  Module._extensions['.js'] = compileJs;
  let source;
  try {
    source = lazily(fs.readFileSync(filename, 'utf8'));
  } catch {
    return compileJs(module, filename);
  }
  return module._compile(source, filename);
};
