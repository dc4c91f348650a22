'use strict';
// The "app" of cdktf.json: runs main.py with the project's own Python, so that no environment has to
// be activated. It is for Node, since cdktf runs there; which Python is on PATH, and under which
// name, differs from machine to machine.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const project = join(__dirname, '..');
const windows = process.platform === 'win32';

// The project's own environment; where there is none, the one that is active: pipenv's, uv's, …
// main.py reports what it lacks.
const own = join(project, '.venv', ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']));
const candidates = [...(existsSync(own) ? [own] : []), ...(windows ? ['python', 'py'] : ['python3', 'python'])];

for (const python of candidates) {
  const ended = spawnSync(python, [join(project, 'main.py')], { stdio: 'inherit' });
  if (ended.error?.code === 'ENOENT') continue;
  if (ended.error) console.error(`${python} cannot be run: ${ended.error.message}`);
  process.exit(ended.status ?? 1);
}
console.error('Python is not on PATH. Install Python, and run `make setup` in ' + project + '.');
process.exit(1);
