// Writes plugins.schema.json, with which editors check plugins.json, from the schema that the runtime itself
// uses. Run after compiling, in a process of its own: `node scripts/lib/write-schema.mjs`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const { configJsonSchema } = await import('../../dist/main.js');
const text = JSON.stringify(configJsonSchema(), null, 2);
writeFileSync(join(root, 'plugins.schema.json'), `${text}\n`);
