import { inject, injectable } from 'skep';

export const pricesConfig = Symbol('prices');

export interface PricesConfig {
  readonly vat: number;
}

/** One for the process: made when the first run asks for it. */
@injectable({ lifetime: 'process' })
export class Prices {
  constructor(@inject(pricesConfig) private readonly config: PricesConfig) {}

  gross(net: number): number {
    return Math.round(net * (1 + this.config.vat));
  }
}
