// Maria: the application's own database.
import { defineDataSource } from './definition.js';

export const Maria = defineDataSource({
  name: 'maria',
  env: 'MARIA_URL',
  role: 'application',
  embeddedFile: 'maria.db',
});
