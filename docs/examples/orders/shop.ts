import { defineDataSource } from 'skep';

/** The web shop's database: somebody else's, so it is read only. */
export const Shop = defineDataSource({
  name: 'shop',
  env: 'SHOP_URL',
  role: 'external',
  embeddedFile: 'shop.db',
});
