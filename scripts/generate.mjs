// npm run generate: writes what is made from the code, plugins.schema.json and docs/errors.md. Both are committed,
// and a test fails when they say something else than the code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './lib/failure.mjs';
import { root } from './lib/root.mjs';
import { say } from './lib/say.mjs';
import { setUp } from './lib/set-up.mjs';

await main(async () => {
  await setUp();
  // Built by the line above, so not to be imported before.
  const { errorsDocument } = await import('../dist/core/errors/document.js');
  const { configJsonSchema } = await import('../dist/main.js');
  const files = {
    'plugins.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
    'docs/errors.md': errorsDocument(),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(root, name), text);
    say(`Wrote ${name}.`);
  }
});
