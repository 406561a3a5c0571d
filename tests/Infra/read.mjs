// Prints what the Bicep, PowerShell and YAML files named on the command line say, as one JSON object with a member for each.

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { readBicep } from './bicep.mjs';
import { errorsIn, parserFor } from './tree.mjs';

const parseBicep = await parserFor('bicep');
const parsePowerShell = await parserFor('powershell');

const read = {
  '.bicep': text => {
    const root = parseBicep(text);
    return { errors: errorsIn(root), ...readBicep(root) };
  },
  '.ps1': text => ({ errors: errorsIn(parsePowerShell(text)) }),
  '.yaml': parseYaml,
};

const files = process.argv.slice(2).map(path => [path, read[extname(path)](readFileSync(path, 'utf8'))]);
console.log(JSON.stringify(Object.fromEntries(files)));
