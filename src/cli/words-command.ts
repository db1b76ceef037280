import type { Command } from 'commander'
import { ExitCode } from '../diagnostics/errors.ts'
import { command, type Start } from './command-line.ts'
import type { Context } from './context.ts'
import { glossary, WORDS_OF, type Word } from './glossary.ts'

/** `help words`, and the words at the end of the help of the commands that use them. */
export function addWords(program: Command, { stdout }: Context, start: Start): void {
  const words = command(program, 'words', 'Say what the words of a plan mean').action(() =>
    start(async () => {
      stdout.write(glossary())
      return ExitCode.done
    }),
  )
  words.addHelpText('after', `\nWords:\n${glossary()}`)
  const ends: Readonly<Record<string, readonly Word[]>> = WORDS_OF
  for (const other of program.commands) {
    const own = ends[other.name()]
    if (own !== undefined)
      other.addHelpText('after', `\nWords (all of them: workos-migrate help words):\n${glossary(own)}`)
  }
}
