// The leak proof with forty runs of each ending; with a thousand runs in test/faults.
import { proveNoLeaks } from './leak-proof.js';

proveNoLeaks({ run: 240, shared: 120 });
