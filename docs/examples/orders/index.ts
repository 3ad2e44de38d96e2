import { dataSource, definePlugin, migrations } from 'skep';
import { CreateImportedOrder1767225600000 } from './create-imported-order.js';
import { ImportOrders } from './import-orders.js';
import { Shop } from './shop.js';

export default definePlugin({
  name: 'orders',
  version: '1.0.0',
  tasks: [ImportOrders],
  contributes: [dataSource(Shop), migrations([CreateImportedOrder1767225600000])],
});
