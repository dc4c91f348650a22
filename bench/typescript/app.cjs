'use strict';
// The stacks of Reprieve, written with CDKTF for TypeScript: `make bench` compares the synth with it.
//
// Usage: node app.cjs SYNTHESISED OUTPUT
//
// SYNTHESISED is a cdktf.out/ that main.py wrote. This app creates the same resources with the
// classes of @cdktf/provider-aws, at the same construct paths, and writes to OUTPUT. It is plain
// JavaScript, as the TypeScript compiler would write it, and loads only the modules that it uses.
// References are text such as ${aws_sns_topic.x.arn}, not tokens, and there is no logic that decides
// on the resources: a complete app would take longer.

const fs = require('node:fs');
const path = require('node:path');
const { Construct } = require('constructs');
const { App, LocalBackend, TerraformOutput, TerraformStack } = require('cdktf');

// Maps whose keys are the user's own. All other keys are camelCase in CDKTF's classes.
const MAPS = new Set(['tags', 'dimensions', 'input_paths']);

const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const kebabCase = (name) => name.replaceAll('_', '-');
const className = (type) => camelCase(`_${type}`);

function argumentsOf(value) {
  if (Array.isArray(value)) return value.map(argumentsOf);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '//')
      .map(([key, inner]) => [camelCase(key), MAPS.has(key) ? inner : argumentsOf(inner)]),
  );
}

// The class of a resource, such as aws_sns_topic, or of a data source.
function classOf(type, isData) {
  const short = isData ? `data_${type}` : type.replace(/^aws_/, '');
  return require(`@cdktf/provider-aws/lib/${kebabCase(short)}`)[className(short)];
}

// The construct that holds the one at this path, and the id there. The path begins with the stack.
function scopeOf(stack, constructPath) {
  const parts = constructPath.split('/').slice(1);
  const id = parts.pop();
  const scope = parts.reduce(
    (parent, part) => parent.node.tryFindChild(part) ?? new Construct(parent, part),
    stack,
  );
  return [scope, id];
}

function addStack(app, name, from) {
  const stack = new TerraformStack(app, name);
  const { backend, required_providers: required } = from.terraform;
  new LocalBackend(stack, backend.local);
  const { AwsProvider } = require('@cdktf/provider-aws/lib/provider');
  const providers = {};
  for (const each of from.provider.aws) {
    providers[`aws.${each.alias}`] = new AwsProvider(stack, `provider-${each.region}`, argumentsOf(each));
  }
  stack.addOverride('terraform.required_providers.aws.version', required.aws.version);
  for (const kind of ['data', 'resource']) {
    for (const [type, named] of Object.entries(from[kind] ?? {})) {
      const Class = classOf(type, kind === 'data');
      for (const body of Object.values(named)) {
        const { provider, depends_on: dependsOn, ...rest } = body;
        const config = { ...argumentsOf(rest), provider: providers[provider] };
        if (dependsOn) config.dependsOn = dependsOn.map((fqn) => ({ fqn }));
        new Class(...scopeOf(stack, body['//'].metadata.path), config);
      }
    }
  }
  for (const [id, output] of Object.entries(from.output ?? {})) {
    new TerraformOutput(stack, id, output);
  }
}

const [, , synthesised, outdir] = process.argv;
const app = new App({ outdir, stackTraces: false });
const read = (file) => JSON.parse(fs.readFileSync(path.join(synthesised, file), 'utf8'));
for (const { name, synthesizedStackPath } of Object.values(read('manifest.json').stacks)) {
  addStack(app, name, read(synthesizedStackPath));
}
app.synth();
