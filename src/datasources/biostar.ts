// BioStar: the system of the attendance terminals.
import { defineDataSource } from './definition.js';

export const BioStar = defineDataSource({
  name: 'biostar',
  env: 'BIOSTAR_URL',
  role: 'external',
  embeddedFile: 'biostar.db',
  whenMissing: 'Set BIOSTAR_URL, or enable the plugin sample-site, which makes a sample of it.',
});
