// Payments: one task whose effect happens exactly once, one that dispatches with its transaction.
import { definePlugin, migrations } from 'skep';
import { CreatePayments1767571200000 } from './create-payments.js';
import { PayInvoice } from './pay-invoice.js';
import { ReleaseInvoices } from './release-invoices.js';

export default definePlugin({
  name: 'payments',
  version: '1.0.0',
  tasks: [PayInvoice, ReleaseInvoices],
  contributes: [migrations([CreatePayments1767571200000])],
});
