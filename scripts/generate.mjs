// Writes what is made from the code: plugins.schema.json and docs/errors.md. Runs after every build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { errorsDocument } from '../dist/core/errors/document.js';
import { configJsonSchema } from '../dist/main.js';

const files = {
  '../plugins.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  '../docs/errors.md': errorsDocument(),
};

for (const [name, text] of Object.entries(files)) {
  const file = new URL(name, import.meta.url);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
