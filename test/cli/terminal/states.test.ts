import { timeText } from '../../../src/cli/terminal/states.js';

test('a time carries its zone, and is the moment that it stands for', () => {
  const moment = Date.UTC(2026, 2, 31, 12, 0, 5);
  const text = timeText(moment);
  expect(text).toMatch(/^2026-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d$/);
  expect(Date.parse(text.replace(' ', 'T').replace(' ', ''))).toBe(moment);
  expect(timeText(undefined)).toBe('-');
});
