// A sync task: `run` without `async`.
import { Task } from 'skep';
import { z } from 'zod';

const Codes = z.strictObject({ codes: z.array(z.string()) });

@Task({ code: 'check_codes', payload: Codes })
export class CheckCodes {
  run({ codes }: z.output<typeof Codes>): { wrong: string[] } {
    return { wrong: codes.filter((code) => !/^\d{5}$/.test(code)) };
  }
}
