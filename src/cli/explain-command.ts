import type { Command } from 'commander'
import { examples, type Start, sub, telling } from './command-line.ts'
import type { Context } from './context.ts'

/** The command that tells of one identity what a plan decided. */
export function addExplain(program: Command, context: Context, start: Start): void {
  const explain = telling(
    sub(program, 'explain <what>', 'Explain one identity: its rows, rules, merges, state, action and requests'),
  )
    .option('--snapshot <folder>', 'work from the snapshot in this folder, without asking the source')
    .option('--live', 'look up what WorkOS holds now')
    .option('--json', 'print the explanation as JSON')
    .action((what, options) =>
      start(async () => (await import('./commands/explain.ts')).explain(what, options, context)),
    )
  examples(explain, [
    ['workos-migrate explain ada@example.com', 'why is she rejected, admin, merged, without password?'],
    ['workos-migrate explain users.csv:12', 'what becomes of this row?'],
    ['workos-migrate explain membership:u1@acme --live', 'and what does WorkOS hold now?'],
  ])
}
