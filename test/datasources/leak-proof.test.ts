// The leak proof as far as a few hundred runs go; with a thousand runs and more in test/faults.
import { proveNoLeaks } from './leak-proof.js';

proveNoLeaks({ run: 240, shared: 120 });
