// HRIS: the human-resources system that employees are replicated from.
import { defineDataSource } from './definition.js';

export const Hris = defineDataSource({
  name: 'hris',
  env: 'HRIS_URL',
  role: 'external',
  embeddedFile: 'hris.db',
  whenMissing: 'Set HRIS_URL, or enable the plugin sample-site, which makes a sample of it.',
});
