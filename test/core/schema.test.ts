// plugins.schema.json, as an editor uses it.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { configJsonSchema } from '../../src/main.js';

const file = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const schema = JSON.parse(file('plugins.schema.json'));
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

test('plugins.schema.json is what the code says', () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

test.each([
  'plugins.json',
  'docs/examples/guide/plugins.json',
  'docs/examples/mail/plugins.json',
  'docs/examples/first/plugins.json',
  'docs/examples/orders/plugins.json',
  'docs/examples/from-celery/plugins.json',
])('%s fits it', (name) => {
  validate(JSON.parse(file(name)));
  expect(validate.errors).toBeNull();
});

test.each([
  [{ plugin: [] }],
  [{ plugins: [{ modul: 'a' }] }],
  [{ plugins: [], tasks: { a: { retry: { maxRetries: 'many' } } } }],
  [{ plugins: [], dataSources: { maria: { lifetime: 'forever' } } }],
  [{ plugins: [], shutdown: { grace: '30 seconds' } }],
])('%j does not', (config) => {
  expect(validate(config)).toBe(false);
});
