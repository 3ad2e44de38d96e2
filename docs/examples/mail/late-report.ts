// A task that has a mail sent. The mail is an execution of its own, with its own retries.
import { Dispatcher, definePlugin, inject, Task } from 'skep';
import { SendEmail } from 'skep/plugins/mail';
import { z } from 'zod';

const LateReport = z.strictObject({ to: z.string(), day: z.iso.date() });
type LateReport = z.output<typeof LateReport>;

@Task({ code: 'late_report', payload: LateReport })
class SendLateReport {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run({ to, day }: LateReport): Promise<{ mail: string }> {
    const list = 'code,minutes\r\n00042,17\r\n';
    const mail = await this.dispatcher.dispatch(SendEmail, {
      to,
      subject: `Late arrivals on ${day}`,
      text: 'The list is attached.',
      attachments: [{ filename: 'late.csv', content: Buffer.from(list).toString('base64') }],
    });
    return { mail: mail.id };
  }
}

export default definePlugin({
  name: 'late-report',
  version: '1.0.0',
  requires: { mail: '*' },
  tasks: [SendLateReport],
});
