// The leak proof (DESIGN, invariant 1) with a thousand runs, and SKEP_FAULT_SCALE times as many.
import { proveNoLeaks } from '../datasources/leak-proof.js';
import { scale } from './fault-site.js';

proveNoLeaks({ run: Math.ceil(1_000 * scale), shared: Math.ceil(300 * scale) });
