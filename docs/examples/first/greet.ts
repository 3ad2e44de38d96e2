import { definePlugin, type RunContext, Task } from 'skep';

@Task({ code: 'greet', description: 'Greets somebody' })
class Greet {
  run(payload: { name: string }, context: RunContext): { greeting: string } {
    context.logger.info('greeting');
    return { greeting: `Hello ${payload.name}` };
  }
}

export default definePlugin({ name: 'greet', version: '1.0.0', tasks: [Greet] });
