// What a command writes: tables and lines for a person, one JSON document or JSON lines with --json.
import Table from 'cli-table3';
import pc from 'picocolors';
import { printableJson } from '../../core/log/printable.js';
import { terminalText } from './messages.js';

const plainBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  value(row: Row): string;
}

/** The standard output of a command. */
export class Output {
  constructor(
    readonly json: boolean,
    private readonly stream: NodeJS.WritableStream = process.stdout,
  ) {}

  /** Writes one JSON document, or with several calls JSON lines. */
  document(value: unknown): void {
    this.stream.write(`${printableJson(value)}\n`);
  }

  line(text = ''): void {
    this.stream.write(`${terminalText(text)}\n`);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const table = new Table({
      head: columns.map(({ title }) => pc.bold(title)),
      chars: plainBorders,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
      colAligns: columns.map(({ align }) => align ?? 'left'),
    });
    table.push(
      ...rows.map((row) =>
        columns.map(({ value }) => terminalText(value(row)).replaceAll(/\s+/g, ' ')),
      ),
    );
    const text = table.toString();
    this.stream.write(
      `${text
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n')}\n`,
    );
  }
}
