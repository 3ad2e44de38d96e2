// What a plugin in TypeScript becomes before Node runs it.
import { compileTypescript } from '../../src/core/host/typescript-compile.js';

const source = `import { inject, Task } from 'skep';
import type { Shape } from './shape.js';
import { Mailer, type Mail } from './mailer.js';

enum Colour { Red, Green }

@Task({ code: 'send' })
export class Send {
  readonly sent: Mail[] = [];
  declared?: string;
  constructor(@inject(Mailer) private readonly mailer: Mailer) {}
  run(payload: Shape): Colour { return payload ? Colour.Green : Colour.Red; }
}

export default { tasks: [Send] } satisfies object;
`;

test('decorators of classes and parameters, fields of parameters, enums and types', () => {
  const code = compileTypescript('/site/send.ts', source);
  expect(code).toContain('@oxc-project/runtime/helpers/decorateParam');
  expect(code).toContain('this.mailer = mailer');
  expect(code).toContain('Colour[Colour["Red"] = 0] = "Red"');
  expect(code).not.toMatch(/Shape|declared|\bMail\b|satisfies/);
});

test('its map names the file and the lines of the source', () => {
  const code = compileTypescript('/site/send.ts', source);
  const [, encoded = ''] = code.split('base64,');
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  expect(map).toMatchObject({ version: 3, sources: ['/site/send.ts'] });
  expect(map.mappings.length).toBeGreaterThan(50);
});

test('a file with a mistake is named, with the place', () => {
  expect(() => compileTypescript('/site/broken.ts', 'export class {')).toThrow(
    /^\/site\/broken\.ts: [\s\S]*export class \{/,
  );
});

test('a tsx file may hold elements', () => {
  expect(compileTypescript('/site/mail.tsx', 'export const m = <b>hi</b>;')).toContain('"hi"');
});
